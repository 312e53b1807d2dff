"""Reading history: which series the caller reads, and how far they are."""

from datetime import date
from typing import Any

from pydantic import AliasChoices, BaseModel, Field, ValidationInfo, field_validator
from sqlalchemy import Connection

from shared.api import LOGIN, Api, Json
from shared.database import Database
from shared.languages import language_name
from shared.listing import Listing
from shared.pages import PageQuery
from shared.tokens import Caller
from shared.values import Clearable, Id, IsoDate, OptionalLongText, Whole
from users.presenters import Priority, ProgressType, ReadingEntry, ReadingHistory, Status, Visibility
from users.refusals import NO_STATUS, SERIES_NOT_FOUND, STATUS_EXISTS, USER_NOT_FOUND
from users.rules.reading import Rereads, Score, in_order
from users.store import reading
from users.store.reading import HistoryOrder

api = Api("/user", tag="Reading history", gone=USER_NOT_FOUND)


class HistoryQuery(PageQuery):
    """Which part of the reading history is wanted. ``search`` covers names and aliases."""

    order: HistoryOrder = Field(
        default="update-desc",
        description="Missing values come last in both directions; `priority-desc` is high, mid, low.",
    )
    user_lang: str = Field(default="", description="Language of titles and descriptions, by name or code.")
    client: Id | None = Field(default=None, description="Only series of this client.")


class ReadingStatus(BaseModel):
    """How the caller reads a series."""

    visibility: Visibility
    progress_type: ProgressType = Field(validation_alias=AliasChoices("progressType", "progress_type"))
    progress: Whole
    status: Status
    priority: Priority
    client: Id = Field(description="The series' own client.")
    reread: Rereads = 0
    score: Clearable[Score] = None
    start_date: Clearable[IsoDate] = Field(default=None, validation_alias="start")
    end_date: Clearable[IsoDate] = Field(
        default=None, validation_alias="end", description="Not before `start`, sent now or earlier."
    )
    notes: OptionalLongText = None

    @field_validator("end_date")
    @classmethod
    def _not_before_start(cls, end: date | None, others: ValidationInfo) -> date | None:
        return in_order(others.data.get("start_date"), end)

    def written(self) -> dict[str, Any]:
        """Return what was sent of the status itself, under the names of the table's columns."""
        return self.model_dump(exclude_unset=True, exclude={"client"})


@api.get("/reading-history", needs=LOGIN, may_lag=True)
def reading_history(query: HistoryQuery, caller: Caller, database: Database) -> Listing[ReadingHistory]:
    """List the series the caller reads, each with its reading status.

    Of a series that is not public by now only `id`, `hidden: true` and the caller's own `reading-history` are shown,
    except to those with `view-series`. No search finds it, and by `name` it stands behind all names, in `name-desc`
    before them.
    """
    return reading.history(
        database,
        caller.id,
        query,
        order=query.order,
        language=language_name(query.user_lang),
        client=query.client,
        hidden_too=caller.may("view-series"),
    )


@api.get("/reading-status/id/<id>", needs=LOGIN)
def reading_status(id: Id, caller: Caller, db: Connection) -> Json[ReadingEntry | None]:
    """Return the caller's reading status of a series, `null` where there is none."""
    return Json(reading.entry(db, caller.id, id) or "null")


@api.post(
    "/reading-status/add/<id>",
    needs=LOGIN,
    done="Reading status added successfully",
    refuses=[SERIES_NOT_FOUND, STATUS_EXISTS],
)
def add_reading_status(id: Id, body: ReadingStatus, caller: Caller, db: Connection) -> None:
    """Start reading a series. One that is not public is not found, except for those with `view-series`."""
    sees_hidden = caller.may("view-series")
    if not reading.add(db, caller.id, id, body.client, body.written(), hidden_too=sees_hidden):
        raise SERIES_NOT_FOUND


@api.post(
    "/reading-status/update/<id>",
    needs=LOGIN,
    done="Reading status updated successfully",
    refuses=[NO_STATUS, SERIES_NOT_FOUND],
)
def update_reading_status(id: Id, body: ReadingStatus, caller: Caller, db: Connection) -> None:
    """Change how the caller reads a series.

    Of the optional fields, what is not sent stays and `null` clears.
    """
    if not reading.update(db, caller.id, id, body.client, body.written()):
        raise SERIES_NOT_FOUND if reading.entry(db, caller.id, id) else NO_STATUS


@api.delete(
    "/reading-status/delete/<id>",
    needs=LOGIN,
    done="Reading status deleted successfully",
    refuses=[NO_STATUS],
)
def delete_reading_status(id: Id, caller: Caller, db: Connection) -> None:
    """Forget how the caller reads a series."""
    if not reading.delete(db, caller.id, id):
        raise NO_STATUS

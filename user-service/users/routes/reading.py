"""Reading history: which series the caller reads, and how far they are."""

from sqlalchemy import Connection

from shared.fields.languages import language_name
from shared.fields.values import Id
from shared.identity.tokens import Caller
from shared.postgres.engine import Database
from shared.web.answers import Json
from shared.web.listing import Listing
from shared.web.routes import LOGIN, Api
from users.presenters import ReadingEntry, ReadingHistory
from users.refusals import NO_STATUS, SERIES_NOT_FOUND, STATUS_EXISTS, USER_NOT_FOUND
from users.schemas.reading import HistoryQuery, ReadingStatus
from users.store import reading

api = Api("/user", tag="Reading history", gone=USER_NOT_FOUND)


@api.get("/reading-history", permission=LOGIN, replica_ok=True)
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


@api.get("/reading-status/id/<id>", permission=LOGIN)
def reading_status(id: Id, caller: Caller, db: Connection) -> Json[ReadingEntry | None]:
    """Return the caller's reading status of a series, `null` where there is none."""
    return Json(reading.entry(db, caller.id, id) or "null")


@api.post(
    "/reading-status/add/<id>",
    permission=LOGIN,
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
    permission=LOGIN,
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
    permission=LOGIN,
    done="Reading status deleted successfully",
    refuses=[NO_STATUS],
)
def delete_reading_status(id: Id, caller: Caller, db: Connection) -> None:
    """Forget how the caller reads a series."""
    if not reading.delete(db, caller.id, id):
        raise NO_STATUS

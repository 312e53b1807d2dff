"""Routes for the caller's reading history: series and reading statuses."""

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

    A series that is no longer public shows only `id`, `hidden: true` and the caller's own `reading-history`, except to
    callers with `view-series`. Searches do not match it. By `name` it sorts after all names, with `name-desc` before
    them.
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
    """Return the caller's reading status of a series, `null` if there is none."""
    return Json(reading.entry(db, caller.id, id) or "null")


@api.post(
    "/reading-status/add/<id>",
    permission=LOGIN,
    done="Reading status added successfully",
    refuses=[SERIES_NOT_FOUND, STATUS_EXISTS],
)
def add_reading_status(id: Id, body: ReadingStatus, caller: Caller, db: Connection) -> None:
    """Add a reading status. A series that is not public is a 404, except for callers with `view-series`."""
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
    """Change the caller's reading status of a series.

    Optional fields that are not sent stay; `null` clears a field.
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
    """Delete the caller's reading status of a series."""
    if not reading.delete(db, caller.id, id):
        raise NO_STATUS

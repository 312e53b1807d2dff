"""Management of series."""

from sqlalchemy import Connection

from catalog.refusals import EDITION_IN_USE, SERIES_EXISTS, SERIES_NOT_FOUND
from catalog.schemas.series import NewSeries, SeriesChanges
from catalog.schemas.series_lists import LanguageQuery, SeriesQuery
from catalog.series_presenters import CreatedSeries, SeriesDetails, SeriesPage
from catalog.store import series
from shared.errors import FORBIDDEN
from shared.fields.languages import language_name
from shared.fields.values import Id
from shared.identity.tokens import Caller
from shared.postgres.engine import Database
from shared.web.answers import Json
from shared.web.listing import Listing
from shared.web.routes import Api

api = Api("/admin-series", tag="Series")


@api.get("", permission="view-series", replica_ok=True)
def list_series(query: SeriesQuery, database: Database) -> Listing[SeriesPage]:
    """List a client's series.

    `search` matches names and aliases. `volume` is the first volume in reading order that has a cover and is
    not hidden, for every caller.
    """
    return series.page(database, query, query.client, query.order, language_name(query.user_lang))


@api.get("/id/<id>", permission="view-series", refuses=[SERIES_NOT_FOUND])
def get_series(id: Id, query: LanguageQuery, db: Connection) -> Json[SeriesDetails]:
    """Show a series with its aliases and descriptions in every language, for an editing form."""
    return Json(series.details(db, id, language_name(query.user_lang)))


@api.post(
    "/add",
    permission="add-series",
    done="Series added successfully",
    refuses=[SERIES_EXISTS],
    failed="Could not add series",
)
def add_series(body: NewSeries, db: Connection) -> CreatedSeries:
    """Add a series to a client's catalogue.

    It is public by default. If `public` is false, only users with `view-series` see it, and its volumes are
    hidden.
    """
    return series.add(db, body)


@api.post(
    "/edit/<id>",
    permission="edit-series",
    done="Series edited successfully",
    refuses=[SERIES_NOT_FOUND, SERIES_EXISTS, EDITION_IN_USE],
    failed="Could not edit series",
)
def edit_series(id: Id, body: SeriesChanges, db: Connection) -> None:
    """Change a series, its aliases, descriptions and editions in one transaction.

    For each of these lists, removals are applied first, then modifications, then additions. A series has at
    most one description per language. Renaming the series or an edition updates the slugs of its volumes.
    """
    series.edit(db, id, body)


@api.delete(
    "/delete/<id>",
    permission="delete-series",
    done="Series deleted successfully",
    refuses=[SERIES_NOT_FOUND, FORBIDDEN],
    failed="Could not delete series",
)
def delete_series(id: Id, caller: Caller, db: Connection) -> None:
    """Delete a series and everything in it. A series with volumes also requires `delete-volumes`."""
    if series.has_volumes(db, id) and not caller.may("delete-volumes"):
        raise FORBIDDEN
    series.delete_whole(db, id)

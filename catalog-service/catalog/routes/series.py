"""Series, for those who look after the catalogue."""

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

    `search` looks through names and aliases. `volume` is the first volume in reading order that has a cover and is
    not hidden, whoever asks.
    """
    return series.page(database, query, query.client, query.order, language_name(query.user_lang))


@api.get("/id/<id>", permission="view-series", refuses=[SERIES_NOT_FOUND])
def get_series(id: Id, query: LanguageQuery, db: Connection) -> Json[SeriesDetails]:
    """Show a series with its aliases and descriptions in every language, to fill an editor from."""
    return Json(series.details(db, id, language_name(query.user_lang)))


@api.post(
    "/add",
    permission="add-series",
    done="Series added successfully",
    refuses=[SERIES_EXISTS],
    failed="Could not add series",
)
def add_series(body: NewSeries, db: Connection) -> CreatedSeries:
    """Add a series to a client's catalogue, with no more than name and type yet.

    It is public unless `public` is false: then only those with `view-series` see it, and its volumes are hidden too.
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
    """Change a series, its aliases, descriptions and editions: all of it or nothing.

    In each kind of part removals come first, then modifications, then additions. A series has one description
    in a language. The slugs of its volumes follow a new name of the series or of an edition.
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
    """Delete a series with all that belongs to it. Where it has volumes, `delete-volumes` is needed as well."""
    if series.has_volumes(db, id) and not caller.may("delete-volumes"):
        raise FORBIDDEN
    series.delete_whole(db, id)

"""Series, for those who look after the catalogue."""

from typing import Literal

from pydantic import BaseModel, Field
from sqlalchemy import Connection

from catalog.refusals import EDITION_IN_USE, SERIES_EXISTS, SERIES_NOT_FOUND
from catalog.rules.series import NewSeries, SeriesChanges
from catalog.series_presenters import CreatedSeries, SeriesDetails, SeriesPage
from catalog.store import series
from shared.api import Api, Json
from shared.database import Database
from shared.languages import language_name
from shared.listing import Listing
from shared.pages import PageQuery
from shared.refusals import FORBIDDEN
from shared.tokens import Caller
from shared.values import Id

api = Api("/admin-series", tag="Series")

UserLanguage = Field(
    default="",
    description="Language of `alias` and `description`, by English name or ISO 639-1 code. `interface` or an "
    "unknown one gives the series' own name and its first description.",
)


class LanguageQuery(BaseModel):
    """In which language a series is shown."""

    user_lang: str = UserLanguage


class SeriesQuery(PageQuery):
    """Which series to list, in which order and language."""

    client: Id
    order: Literal["name-asc", "name-desc", "added-asc", "added-desc"] = "name-asc"
    user_lang: str = UserLanguage


@api.get("", needs="view-series", may_lag=True)
def list_series(query: SeriesQuery, database: Database) -> Listing[SeriesPage]:
    """List a client's series.

    `search` looks through names and aliases. `volume` is the first volume in reading order that has a cover and is
    not hidden, whoever asks.
    """
    return series.page(database, query, query.client, query.order, language_name(query.user_lang))


@api.get("/id/<id>", needs="view-series", refuses=[SERIES_NOT_FOUND])
def get_series(id: Id, query: LanguageQuery, db: Connection) -> Json[SeriesDetails]:
    """Show a series with its aliases and descriptions in every language, to fill an editor from."""
    return Json(series.details(db, id, language_name(query.user_lang)))


@api.post(
    "/add",
    needs="add-series",
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
    needs="edit-series",
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
    needs="delete-series",
    done="Series deleted successfully",
    refuses=[SERIES_NOT_FOUND, FORBIDDEN],
    failed="Could not delete series",
)
def delete_series(id: Id, caller: Caller, db: Connection) -> None:
    """Delete a series with all that belongs to it. Where it has volumes, `delete-volumes` is needed as well."""
    if series.has_volumes(db, id) and not caller.may("delete-volumes"):
        raise FORBIDDEN
    series.delete_whole(db, id)

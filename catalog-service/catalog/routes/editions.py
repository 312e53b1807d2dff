"""Editions as everybody may see them."""

from sqlalchemy import Connection

from catalog.refusals import SERIES_NOT_FOUND
from catalog.series_presenters import Edition
from catalog.store import editions, series
from shared.api import Api
from shared.tokens import Identity
from shared.values import Id

api = Api("/series", tag="Series")


@api.get("/editions/<id>", needs=None, may_lag=True, refuses=[SERIES_NOT_FOUND])
def list_editions(id: Id, identity: Identity, db: Connection) -> list[Edition]:
    """List the editions of a series by name.

    A series that is not public is not found, except for those with `view-series`.
    """
    series.check_visible(db, id, hidden_too=identity.may("view-series"))
    return editions.of_series(db, id)

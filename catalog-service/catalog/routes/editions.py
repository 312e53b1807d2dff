"""Editions as everybody may see them."""

from sqlalchemy import Connection

from catalog.refusals import SERIES_NOT_FOUND
from catalog.series_presenters import Edition
from catalog.store import editions, series
from shared.api import Api
from shared.values import Id

api = Api("/series", tag="Series")


@api.get("/editions/<id>", needs=None, may_lag=True, refuses=[SERIES_NOT_FOUND])
def list_editions(id: Id, db: Connection) -> list[Edition]:
    """List the editions of a series by name."""
    series.check_exists(db, id)
    return editions.of_series(db, id)

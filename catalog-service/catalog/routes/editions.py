"""Public list of a series' editions."""

from sqlalchemy import Connection

from catalog.refusals import SERIES_NOT_FOUND
from catalog.series_presenters import Edition
from catalog.store import editions, series
from shared.fields.values import Id
from shared.identity.tokens import Identity
from shared.web.routes import Api

api = Api("/series", tag="Series")


@api.get("/editions/<id>", permission=None, replica_ok=True, refuses=[SERIES_NOT_FOUND])
def list_editions(id: Id, identity: Identity, db: Connection) -> list[Edition]:
    """List the editions of a series by name.

    A series that is not public answers 404, unless the caller has `view-series`.
    """
    series.check_visible(db, id, hidden_too=identity.may("view-series"))
    return editions.of_series(db, id)

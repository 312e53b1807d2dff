"""Advisory edit locks: they show who is editing an item, and do not enforce anything."""

from sqlalchemy import Connection

from catalog.refusals import LOCKED
from catalog.schemas.locks import Lockable
from catalog.store import locks
from shared.errors import FORBIDDEN, NOT_FOUND
from shared.identity.tokens import Caller
from shared.web.routes import Api

api = Api("/admin", tag="Locks")


@api.post("/lock", permission="manage-locks", done="Success", refuses=[LOCKED])
def lock(body: Lockable, caller: Caller, db: Connection) -> None:
    """Lock an item for five minutes, or renew one's own lock for five minutes.

    The item need not exist: a lock shows who is editing, and does not protect the data.
    """
    if not locks.take(db, body.route, body.id, caller):
        raise LOCKED


@api.delete("/remove-lock", permission="manage-locks", done="Success", refuses=[NOT_FOUND])
def remove_lock(body: Lockable, caller: Caller, db: Connection) -> None:
    """Release a lock. An expired lock answers 404; a lock of another user answers 403."""
    if locks.release(db, body.route, body.id, caller):
        return
    raise FORBIDDEN if locks.is_held(db, body.route, body.id) else NOT_FOUND

"""Locks: who edits what at present, so that two people do not do so unawares."""

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
    """Lock something for five minutes, or keep one's lock on it for five minutes from now.

    Whether it exists is not asked: a lock says what somebody is at, it protects nothing.
    """
    if not locks.take(db, body.route, body.id, caller):
        raise LOCKED


@api.delete("/remove-lock", permission="manage-locks", done="Success", refuses=[NOT_FOUND])
def remove_lock(body: Lockable, caller: Caller, db: Connection) -> None:
    """Give a lock back. One that has expired is gone already; 403 where it is somebody else's."""
    if locks.give_back(db, body.route, body.id, caller):
        return
    raise FORBIDDEN if locks.is_held(db, body.route, body.id) else NOT_FOUND

"""Locks: who edits what at present, so that two people do not do so unawares."""

from typing import Literal

from pydantic import BaseModel
from sqlalchemy import Connection

from catalog.refusals import LOCKED
from catalog.store import locks
from shared.api import Api
from shared.refusals import FORBIDDEN, NOT_FOUND
from shared.tokens import Caller
from shared.values import Id

api = Api("/admin", tag="Locks")


class Lockable(BaseModel):
    """A thing that can be locked, by the kind of thing it is and its id."""

    route: Literal["volume", "group", "series", "media", "user"]
    id: Id


@api.post("/lock", needs="manage-locks", done="Success", refuses=[LOCKED])
def lock(body: Lockable, caller: Caller, db: Connection) -> None:
    """Lock something for five minutes, or keep one's lock on it for five minutes from now.

    Whether it exists is not asked: a lock says what somebody is at, it protects nothing.
    """
    if not locks.take(db, body.route, body.id, caller):
        raise LOCKED


@api.delete("/remove-lock", needs="manage-locks", done="Success", refuses=[NOT_FOUND])
def remove_lock(body: Lockable, caller: Caller, db: Connection) -> None:
    """Give a lock back. One that has expired is gone already; 403 where it is somebody else's."""
    if locks.give_back(db, body.route, body.id, caller):
        return
    raise FORBIDDEN if locks.is_held(db, body.route, body.id) else NOT_FOUND

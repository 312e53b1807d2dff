"""Edit locks: one row per locked item, valid until ``expires_at`` by the database clock."""

from sqlalchemy import Connection, and_, delete, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert

from catalog.store.tables import locks
from shared.identity.tokens import Caller

MINUTES = 5
"""Duration of a lock, in minutes."""

# now() is fixed at the start of the transaction, and this one may wait for another that holds the row.
_now = func.clock_timestamp()
_live = locks.c.expires_at > _now


def take(db: Connection, route: str, thing: int, caller: Caller) -> bool:
    """Lock ``thing`` (an id of kind ``route``) for ``caller``, or renew their lock.

    Return False if another user holds the lock. It is one statement, so of two concurrent callers exactly one
    gets the lock.
    """
    mine = insert(locks).values(
        route=route,
        id=thing,
        user_id=caller.id,
        username=caller.name,
        expires_at=_now + text(f"interval '{MINUTES} minutes'"),
    )
    taken = mine.on_conflict_do_update(
        index_elements=[locks.c.route, locks.c.id],
        set_={name: mine.excluded[name] for name in ("user_id", "username", "expires_at")},
        where=or_(locks.c.user_id == mine.excluded.user_id, ~_live),
    )
    return db.execute(taken).rowcount == 1


def release(db: Connection, route: str, thing: int, caller: Caller) -> bool:
    """Delete ``caller``'s lock. Return False if they hold none."""
    mine = and_(locks.c.route == route, locks.c.id == thing, locks.c.user_id == caller.id, _live)
    return db.execute(delete(locks).where(mine)).rowcount == 1


def is_held(db: Connection, route: str, thing: int) -> bool:
    """Return whether any user holds a valid lock on ``thing``."""
    held = select(locks.c.user_id).where(locks.c.route == route, locks.c.id == thing, _live)
    return db.execute(held).first() is not None

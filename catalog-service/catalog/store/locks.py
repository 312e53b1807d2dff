"""Locks in the database: one row a locked thing, good until ``expires_at`` by the database's clock."""

from sqlalchemy import Connection, and_, delete, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert

from catalog.store.tables import locks
from shared.identity.tokens import Caller

MINUTES = 5
"""How long a lock lasts."""

# The transaction's now() would stand still while a rival's lock is waited for.
_now = func.clock_timestamp()
_live = locks.c.expires_at > _now


def take(db: Connection, route: str, thing: int, caller: Caller) -> bool:
    """Lock ``thing`` (an id of the kind ``route``) for ``caller``, or renew; False when another holds it.

    One statement, so that of two people who ask at once exactly one gets it.
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


def give_back(db: Connection, route: str, thing: int, caller: Caller) -> bool:
    """Remove ``caller``'s lock; False when they hold none."""
    mine = and_(locks.c.route == route, locks.c.id == thing, locks.c.user_id == caller.id, _live)
    return db.execute(delete(locks).where(mine)).rowcount == 1


def is_held(db: Connection, route: str, thing: int) -> bool:
    """Whether anybody holds a lock on it."""
    held = select(locks.c.user_id).where(locks.c.route == route, locks.c.id == thing, _live)
    return db.execute(held).first() is not None

"""A user's settings."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select, update

from users.refusals import USER_NOT_FOUND
from users.rules.preferences import merged
from users.store.tables import users


def save(db: Connection, user_id: int, changes: Mapping[str, Any]) -> None:
    """Merge ``changes`` into a user's settings. The row stays locked, so that concurrent changes lose no key."""
    its_own = users.c.id == user_id
    current = db.execute(select(users.c.settings).where(its_own).with_for_update()).scalar_one_or_none()
    if current is None:
        raise USER_NOT_FOUND
    db.execute(update(users).where(its_own).values(settings=merged(current, changes)))

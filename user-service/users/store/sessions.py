"""Sessions: a row each, from login to long after logout, so that the gateway can ask."""

import secrets
from datetime import timedelta

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from users.store.tables import sessions

_SWEPT = 100
"""How many expired rows go with each new one; their cookies have expired as well."""


def begin(db: Connection, user_id: int, lifetime: timedelta, *, address: str, device: str | None) -> str:
    """Open a session and return its id."""
    expired = (
        select(sessions.c.id)
        .where(sessions.c.expires_at < func.now())
        .limit(_SWEPT)
        .with_for_update(skip_locked=True)
    )
    db.execute(delete(sessions).where(sessions.c.id.in_(expired)))
    session_id = secrets.token_hex(16)
    values = {"id": session_id, "user_id": user_id, "address": address, "device": device}
    db.execute(insert(sessions).values(**values, expires_at=func.now() + lifetime))
    return session_id


def end(db: Connection, session_id: str) -> None:
    """Log one session out."""
    _end(db, sessions.c.id == session_id)


def end_all(db: Connection, user_id: int) -> None:
    """Log every session of a user out."""
    _end(db, sessions.c.user_id == user_id)


def _end(db: Connection, which: ColumnElement[bool]) -> None:
    db.execute(update(sessions).where(which, sessions.c.ended_at.is_(None)).values(ended_at=func.now()))

"""Queries of sessions. Rows stay after logout until they expire, so that the gateway can look them up.

A login begins one session; the cookies that follow from it belong to the same session. Each cookie has a generation,
which ``rotate`` increments. The gateway accepts the current generation and, for 30 seconds, the one before. Any older
cookie ends the session.

A session belongs to the version of the password it began with: a password change ends every session.
"""

import secrets
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from users.account_presenters import OwnSession
from users.rules.cookies import SESSION_LIFETIME, Cookie
from users.store.tables import sessions, users

_SWEPT = 100
"""Maximum number of expired rows deleted with each new session; their cookies have expired as well."""


_COOKIE = (
    sessions.c.user_id,
    sessions.c.id,
    sessions.c.generation,
    sessions.c.rotated_at,
    sessions.c.expires_at,
)
_ACTIVE = sessions.c.ended_at.is_(None) & (sessions.c.expires_at > func.now())


class Device(NamedTuple):
    """The client on which a session begins."""

    address: str
    name: str | None
    """Its ``User-Agent``."""


def begin(db: Connection, user_id: int, password_version: int, device: Device) -> Cookie:
    """Begin a session and return its cookie. The caller has checked the password and holds its lock."""
    expired = (
        select(sessions.c.id)
        .where(sessions.c.expires_at < func.now())
        .limit(_SWEPT)
        .with_for_update(skip_locked=True)
    )
    db.execute(delete(sessions).where(sessions.c.id.in_(expired)))
    values = {
        "id": secrets.token_hex(16),
        "user_id": user_id,
        "password_version": password_version,
        "address": device.address,
        "device": device.name,
        "expires_at": func.now() + SESSION_LIFETIME,
    }
    return Cookie(*db.execute(insert(sessions).values(values).returning(*_COOKIE)).one())


class CurrentCookie(NamedTuple):
    """The current cookie of a session, and whether it is due for rotation."""

    cookie: Cookie
    is_due: bool


def current(db: Connection, session_id: str, rotation: timedelta) -> CurrentCookie | None:
    """Return the current cookie of a session, due from the age ``rotation`` on; None if the session has ended."""
    due = sessions.c.rotated_at <= func.now() - rotation
    row = db.execute(select(*_COOKIE, due).where(sessions.c.id == session_id, _ACTIVE)).one_or_none()
    return CurrentCookie(Cookie(*row[:-1]), row[-1]) if row else None


def rotate(db: Connection, session_id: str, generation: int) -> Cookie | None:
    """Replace the cookie of ``generation`` unless it has been replaced; returns the current cookie.

    None if the session has ended. Of concurrent calls exactly one rotates: the others wait for the row lock and then
    match no row, as the generation has changed.
    """
    values = {
        "generation": generation + 1,
        "rotated_at": func.now(),
        "expires_at": func.now() + SESSION_LIFETIME,
    }
    its_own = (sessions.c.id == session_id) & sessions.c.user_id.is_not(None) & _ACTIVE
    db.execute(update(sessions).where(its_own, sessions.c.generation == generation).values(values))
    row = db.execute(select(*_COOKIE).where(its_own)).one_or_none()
    return Cookie(*row) if row else None


def own(db: Connection, user_id: int, session_id: str) -> list[OwnSession]:
    """Return a user's active sessions, most recently seen first; ``session_id`` is marked as ``current``."""
    columns = (sessions.c.number, sessions.c.id, sessions.c.device, sessions.c.address)
    times = (sessions.c.created, sessions.c.last_seen)
    order = (sessions.c.last_seen.desc(), sessions.c.created.desc(), sessions.c.number)
    rows = db.execute(select(*columns, *times).where(sessions.c.user_id == user_id, _ACTIVE).order_by(*order))
    return [
        {
            "id": row.number,
            "device": row.device,
            "address": row.address,
            "begun": row.created,
            "last_seen": row.last_seen,
            "current": row.id == session_id,
        }
        for row in rows
    ]


def end(db: Connection, session_id: str) -> None:
    """End one session."""
    _end(db, sessions.c.id == session_id)


def end_own(db: Connection, user_id: int, number: int) -> str | None:
    """End the session that the user's list shows as ``number``; returns its id, None if there is no such session."""
    ended = _end(db, (sessions.c.user_id == user_id) & (sessions.c.number == number))
    return next(iter(ended), None)


def end_all(db: Connection, user_id: int) -> set[str] | None:
    """End every session of a user and return their ids; None if there is no such user.

    Locks the user's row first. A concurrent login or password change is therefore either complete, and its session
    ends too, or waits.
    """
    held = select(users.c.id).where(users.c.id == user_id).with_for_update(key_share=True)
    if db.execute(held).first() is None:
        return None
    return _end(db, sessions.c.user_id == user_id)


def _end(db: Connection, which: ColumnElement[bool]) -> set[str]:
    ended = update(sessions).where(which, _ACTIVE).values(ended_at=func.now()).returning(sessions.c.id)
    return set(db.execute(ended).scalars())

"""Sessions: a row each, from login to long after logout, so that the gateway can ask.

All cookies that one login has led to are one session. Each has a generation: ``rotate`` makes the next one, the
gateway ends the session when it sees one that is older than the parent of the present one.

A session belongs to the password that it was begun with: no session outlives a change of the password.
"""

import secrets
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from users.account_presenters import OwnSession
from users.rules.cookies import SESSION_LIFETIME, Cookie
from users.store.tables import sessions, users

_SWEPT = 100
"""How many expired rows go with each new one; their cookies have expired as well."""


_COOKIE = (
    sessions.c.user_id,
    sessions.c.id,
    sessions.c.generation,
    sessions.c.rotated_at,
    sessions.c.expires_at,
)
_ACTIVE = sessions.c.ended_at.is_(None) & (sessions.c.expires_at > func.now())


class Device(NamedTuple):
    """The client that a session begins on."""

    address: str
    name: str | None
    """Its ``User-Agent``."""


def begin(db: Connection, user_id: int, password_version: int, device: Device) -> Cookie:
    """Begin a session of a user whose password of that version was checked, and is held until the commit."""
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
    """The present cookie of a session, and whether it is time for its successor."""

    cookie: Cookie
    is_due: bool


def current(db: Connection, session_id: str, rotation: timedelta) -> CurrentCookie | None:
    """Return the present cookie of a session, due when it is as old as ``rotation``; None once it has ended."""
    due = sessions.c.rotated_at <= func.now() - rotation
    row = db.execute(select(*_COOKIE, due).where(sessions.c.id == session_id, _ACTIVE)).one_or_none()
    return CurrentCookie(Cookie(*row[:-1]), row[-1]) if row else None


def rotate(db: Connection, session_id: str, generation: int) -> Cookie | None:
    """Make the successor of the cookie of ``generation``, unless it has one; return the present cookie.

    None once the session has ended. Of any number at once one makes it: the others wait for its row, and then find
    another generation there.
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
    """Return a user's sessions that have not ended, seen last first; ``session_id`` is the one that asks."""
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
    """End that session of a user which is shown under ``number``; return its id, None where there is none."""
    ended = _end(db, (sessions.c.user_id == user_id) & (sessions.c.number == number))
    return next(iter(ended), None)


def end_all(db: Connection, user_id: int) -> set[str] | None:
    """End every session of a user and return their ids; None where there is no such user.

    Locks the user's row first: a login or a change of the password at the same moment comes before, and its session
    ends as well, or after.
    """
    held = select(users.c.id).where(users.c.id == user_id).with_for_update(key_share=True)
    if db.execute(held).first() is None:
        return None
    return _end(db, sessions.c.user_id == user_id)


def _end(db: Connection, which: ColumnElement[bool]) -> set[str]:
    ended = update(sessions).where(which, _ACTIVE).values(ended_at=func.now()).returning(sessions.c.id)
    return set(db.execute(ended).scalars())

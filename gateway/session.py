"""Who is calling: the ``refreshToken`` cookie, believed only as long as its session lives.

The session is looked up at every request, so that a logout, a deleted user or a changed role counts from the
next one on. A cookie that is good for nothing makes its bearer nobody, never an error; only when the
database cannot be asked is the answer 503, and the cookie stays.
"""

import re
from dataclasses import dataclass

import jwt

from gateway.database import Database
from shared.refusals import INVALID
from shared.tokens import ANONYMOUS, Caller, Identity

COOKIE = "refreshToken"
SEVERAL = INVALID.with_errors({COOKIE: "must be sent once"})

_TYPE = "refresh"
_USER_ID = re.compile(r"[1-9][0-9]{0,15}")
_REQUIRED = ["iss", "aud", "sub", "exp", "sid"]


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a correctly signed, unexpired cookie claims."""

    user_id: int
    session_id: str


def read_cookie(header: str) -> str | None:
    """Return the session cookie in a ``Cookie`` header, None if there is none.

    Raises 400 for more than one: a page on a neighbouring domain can toss its own cookie in, and there is no
    telling which is ours. Several header lines arrive joined by commas.
    """
    found = []
    for part in re.split("[;,]", header):
        name, equals, value = part.partition("=")
        if equals and name.strip().strip('"') == COOKIE:
            found.append(value.strip().strip('"'))
    if len(found) > 1:
        raise SEVERAL
    return found[0] if found else None


def read_token(token: str, key: str) -> Ticket | None:
    """Return what a cookie's token claims; None for one that is broken, expired or of another kind."""
    try:
        decoded = jwt.decode_complete(
            token,
            key,
            algorithms=["HS256"],
            audience="gateway",
            issuer="users",
            options={"require": _REQUIRED, "strict_aud": True},
        )
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        return None
    header, claims = decoded["header"], decoded["payload"]
    session_id, subject = claims["sid"], claims["sub"]
    usable = isinstance(session_id, str) and "\x00" not in session_id and _USER_ID.fullmatch(subject)
    if header.get("typ") != _TYPE or not usable:
        return None
    return Ticket(int(subject), session_id)


def identify(token: str | None, address: str, *, key: str, database: Database) -> Identity:
    """Return who stands behind a request that came with ``token`` from ``address``.

    Raises ``Away`` when the session cannot be looked up.
    """
    ticket = read_token(token, key) if token else None
    session = database.ask("session", ticket.session_id) if ticket else None
    if ticket is None or session is None:
        return Identity(ANONYMOUS, address)
    user_id, username, permissions = session
    if user_id is None:
        return Identity("gone", address)
    if user_id != ticket.user_id:
        return Identity(ANONYMOUS, address)
    return Identity("user", address, Caller(user_id, username, ticket.session_id, frozenset(permissions)))

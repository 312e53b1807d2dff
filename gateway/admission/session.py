"""Who is calling: the session's cookie, believed only as long as its session lives.

The session is looked up at every request, so that a logout, a deleted user or a changed role counts from the
next one on; remembered is only that a signature was good. A cookie that is good for nothing makes its bearer nobody,
never an error; only when the database cannot be asked is the answer 503, and the cookie stays.

Cookies have successors, counted by their generation. Besides the present one its parent is good, for as long as the
database says. One that is older comes from a copy, whichever of the two is the thief: the session ends.
"""

import logging
import re
import time
from dataclasses import dataclass
from functools import lru_cache

import jwt

from gateway.admission.session_last_seen import LastSeenWriter
from gateway.database import GatewayDatabase
from shared.identity import jwt_keys
from shared.identity.tokens import ANONYMOUS, Caller, Identity

_log = logging.getLogger("bunko.gateway")

STATEMENTS = ("session", "see_session", "end_session")
"""What is asked of the database; where to note that a session was seen, see ``sightings``."""

_TYPE = "refresh"
_USER_ID = re.compile(r"[1-9][0-9]{0,15}")
_REQUIRED = ["iss", "aud", "sub", "exp", "sid"]
_CLOCK_SKEW = 300
"""Seconds by which the clock that cookies are dated by may be ahead of ours: a fresh one is no forgery."""
_MAX_CACHED = 4096
"""Good signatures; each costs 45 µs of CPU to check and less than 1 KiB to remember."""


@dataclass(frozen=True, slots=True)
class SessionClaims:
    """What a correctly signed cookie claims."""

    user_id: int
    session_id: str
    expires: int
    """Seconds since 1970."""
    generation: int = 0


def read_token(token: str, key: str) -> SessionClaims | None:
    """Return what a cookie's token claims; None for one that is broken, expired or of another kind."""
    try:
        claims = _verified(token, key)
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError):
        return None
    return claims if claims.expires > time.time() else None


@lru_cache(_MAX_CACHED)
def _verified(token: str, key: str) -> SessionClaims:
    """Return what a token with a good signature claims; raises what PyJWT does, which is not remembered.

    Whether it has expired is looked at whenever it is used.
    """
    claims = jwt_keys.decode(
        _TYPE, token, key, audience="gateway", issuer="users", require=_REQUIRED, leeway=_CLOCK_SKEW
    )
    # Cookies that were made before there were successors are the first of their session.
    session_id, subject, generation = claims["sid"], claims["sub"], claims.get("gen", 0)
    usable = isinstance(session_id, str) and "\x00" not in session_id and _USER_ID.fullmatch(subject)
    if not usable or type(generation) is not int or generation < 0:
        raise ValueError("not a session's token")
    return SessionClaims(int(subject), session_id, int(claims["exp"]), generation)


def identify(
    token: str | None, client_ip: str, *, key: str, database: GatewayDatabase, last_seen: LastSeenWriter
) -> Identity:
    """Return who stands behind a request that came with ``token`` from ``address``.

    Raises ``Away`` when the session cannot be looked up, or ended where it must.
    """
    claims = read_token(token, key) if token else None
    session = database.call("session", claims.session_id) if claims else None
    if claims is None or session is None:
        return Identity(ANONYMOUS, client_ip)
    user_id, username, permissions, generation, parent_is_good, sighting_is_due = session
    if user_id is None:
        return Identity("gone", client_ip)
    if user_id != claims.user_id:
        return Identity(ANONYMOUS, client_ip)
    successors = generation - claims.generation
    if successors > 1 or (successors == 1 and not parent_is_good):
        _log.warning("an outdated cookie of user %s was used: its session ends", user_id)
        database.call("end_session", claims.session_id)
        return Identity(ANONYMOUS, client_ip)
    if successors < 0:  # as only a database restored from a backup can have it
        return Identity(ANONYMOUS, client_ip)
    if sighting_is_due:
        last_seen.enqueue(claims.session_id)
    caller = Caller(user_id, username, claims.session_id, frozenset(permissions), claims.generation)
    return Identity("user", client_ip, caller)

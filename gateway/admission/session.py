"""Identifies the caller of a request by the session cookie.

The session is looked up for every request, so a logout, a deleted user or a changed role takes effect at the next one.
Only successful signature checks are cached. A request with an invalid cookie is anonymous, not an error. Where the
database is unavailable the response is 503, and the browser keeps its cookie.

Cookies are rotated, and ``generation`` counts the rotations. The current cookie is valid, and so is its parent, as long
as the database says. An older one means that the cookie was copied, by whichever side: the session ends.
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
"""Names of the prepared statements of sessions; ``session_last_seen`` executes ``see_session``."""

_TYPE = "refresh"
_USER_ID = re.compile(r"[1-9][0-9]{0,15}")
_REQUIRED = ["iss", "aud", "sub", "exp", "sid"]
_CLOCK_SKEW = 300
"""Seconds by which the issuer's clock may be ahead of this one."""
_MAX_CACHED = 4096
"""Verified tokens in the cache. Verifying one takes 45 µs of CPU, caching it less than 1 KiB."""


@dataclass(frozen=True, slots=True)
class SessionClaims:
    """Claims of a correctly signed session token."""

    user_id: int
    session_id: str
    expires: int
    """Unix time in seconds."""
    generation: int = 0


def read_token(token: str, key: str) -> SessionClaims | None:
    """Return the claims of a session token; None for one that is invalid, expired or of another type."""
    try:
        claims = _verified(token, key)
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError):
        return None
    return claims if claims.expires > time.time() else None


@lru_cache(_MAX_CACHED)
def _verified(token: str, key: str) -> SessionClaims:
    """Return the claims of a token with a valid signature; raises PyJWT's exceptions, which are not cached.

    Cached claims may have expired: callers check ``expires``.
    """
    claims = jwt_keys.decode(
        _TYPE, token, key, audience="gateway", issuer="users", require=_REQUIRED, leeway=_CLOCK_SKEW
    )
    # Tokens issued before rotation existed have no generation: they are the first of their session.
    session_id, subject, generation = claims["sid"], claims["sub"], claims.get("gen", 0)
    usable = isinstance(session_id, str) and "\x00" not in session_id and _USER_ID.fullmatch(subject)
    if not usable or type(generation) is not int or generation < 0:
        raise ValueError("not a session token")
    return SessionClaims(int(subject), session_id, int(claims["exp"]), generation)


def identify(
    token: str | None, client_ip: str, *, key: str, database: GatewayDatabase, last_seen: LastSeenWriter
) -> Identity:
    """Return the identity of a request with ``token`` from ``client_ip``.

    Raises ``DatabaseUnavailable`` where the session cannot be looked up or ended.
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
    rotations = generation - claims.generation
    if rotations > 1 or (rotations == 1 and not parent_is_good):
        _log.warning("an outdated cookie of user %s was used: its session ends", user_id)
        database.call("end_session", claims.session_id)
        return Identity(ANONYMOUS, client_ip)
    if rotations < 0:  # only after the database was restored from a backup
        return Identity(ANONYMOUS, client_ip)
    if sighting_is_due:
        last_seen.enqueue(claims.session_id)
    caller = Caller(user_id, username, claims.session_id, frozenset(permissions), claims.generation)
    return Identity("user", client_ip, caller)

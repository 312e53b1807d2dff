"""The two tokens of a signed-in client: the session cookie and the access token.

Both are JWTs signed with HS256 and ``SESSION_KEY``; the header ``typ`` distinguishes them. The gateway accepts only
the cookie, and only while its session is active. The access token lets front ends read who is signed in.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from werkzeug.http import dump_cookie

from shared.identity.jwt_keys import encode

SESSION_LIFETIME = timedelta(days=30)
ACCESS_LIFETIME = timedelta(minutes=15)

_ISSUER = "users"


class Cookie(NamedTuple):
    """The claims of a session cookie. All of them are stored, so that the same token can be issued again."""

    user_id: int
    session_id: str
    generation: int
    """0 at login; each rotation adds 1."""
    made: datetime
    expires: datetime


def refresh_token(cookie: Cookie, *, key: str) -> str:
    """Return the signed token of a session cookie: ``typ`` refresh, ``aud`` gateway."""
    claims = {
        "aud": "gateway",
        "sub": str(cookie.user_id),
        "sid": cookie.session_id,
        "gen": cookie.generation,
    }
    return _signed("refresh", claims, cookie.made, cookie.expires, key)


def access_token(user_id: int, username: str, permissions: list[str], *, key: str) -> str:
    """Return the signed access token of a user: ``typ`` access, ``aud`` front-end, valid for 15 minutes."""
    claims = {"aud": "front-end", "sub": str(user_id), "username": username, "permissions": permissions}
    now = datetime.now(UTC)
    return _signed("access", claims, now, now + ACCESS_LIFETIME, key)


def set_cookie(name: str, token: str, *, secure: bool) -> str:
    """Return the value of the ``Set-Cookie`` header that sets ``token``."""
    return dump_cookie(
        name, token, max_age=SESSION_LIFETIME, path="/", secure=secure, httponly=True, samesite="Lax"
    )


def clear_cookie(name: str, *, secure: bool) -> str:
    """Return the value of the ``Set-Cookie`` header that clears the cookie."""
    return dump_cookie(name, "", max_age=0, path="/", secure=secure, httponly=True, samesite="Lax")


def _signed(kind: str, claims: dict[str, Any], made: datetime, expires: datetime, key: str) -> str:
    times = {"iss": _ISSUER, "iat": made, "exp": expires}
    return encode(kind, claims | times, key)

"""The session's cookie and the access token: what a signed-in client holds.

Both are JWTs, HS256 with ``SESSION_KEY``, told apart by the header ``typ``. The gateway believes the cookie
alone, and only as long as its session lives; the access token is for front ends that want to read who is
signed in.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from werkzeug.http import dump_cookie

from shared.identity.jwt_keys import encode

SESSION_LIFETIME = timedelta(days=30)
ACCESS_LIFETIME = timedelta(minutes=15)

_ISSUER = "users"


class Cookie(NamedTuple):
    """What a session's cookie says. All of it is kept, so that the same token can be made again."""

    user_id: int
    session_id: str
    generation: int
    """0 at the login, one more with every successor."""
    made: datetime
    expires: datetime


def refresh_token(cookie: Cookie, *, key: str) -> str:
    """Return the token that stands for a session: ``typ`` refresh, ``aud`` gateway."""
    claims = {
        "aud": "gateway",
        "sub": str(cookie.user_id),
        "sid": cookie.session_id,
        "gen": cookie.generation,
    }
    return _signed("refresh", claims, cookie.made, cookie.expires, key)


def access_token(user_id: int, username: str, permissions: list[str], *, key: str) -> str:
    """Return the token that tells a front end who is signed in: ``typ`` access, 15 minutes."""
    claims = {"aud": "front-end", "sub": str(user_id), "username": username, "permissions": permissions}
    now = datetime.now(UTC)
    return _signed("access", claims, now, now + ACCESS_LIFETIME, key)


def set_cookie(name: str, token: str, *, secure: bool) -> str:
    """Return the ``Set-Cookie`` header that hands out ``token``."""
    return dump_cookie(
        name, token, max_age=SESSION_LIFETIME, path="/", secure=secure, httponly=True, samesite="Lax"
    )


def clear_cookie(name: str, *, secure: bool) -> str:
    """Return the ``Set-Cookie`` header that takes the cookie away."""
    return dump_cookie(name, "", max_age=0, path="/", secure=secure, httponly=True, samesite="Lax")


def _signed(kind: str, claims: dict[str, Any], made: datetime, expires: datetime, key: str) -> str:
    times = {"iss": _ISSUER, "iat": made, "exp": expires}
    return encode(kind, claims | times, key)

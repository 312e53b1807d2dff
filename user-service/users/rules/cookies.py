"""The refreshToken cookie and the access token: what a signed-in client holds.

Both are JWTs, HS256 with ``SESSION_KEY``, told apart by the header ``typ``. The gateway believes the cookie
alone, and only as long as its session lives; the access token is for front ends that want to read who is
signed in.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from werkzeug.http import dump_cookie

NAME = "refreshToken"
SESSION_LIFETIME = timedelta(days=30)
ACCESS_LIFETIME = timedelta(minutes=15)

_ISSUER = "users"


def refresh_token(user_id: int, session_id: str, *, key: str) -> str:
    """Return the token that stands for a session: ``typ`` refresh, ``aud`` gateway, 30 days."""
    claims = {"aud": "gateway", "sub": str(user_id), "sid": session_id}
    return _signed("refresh", claims, SESSION_LIFETIME, key)


def access_token(user_id: int, username: str, permissions: list[str], *, key: str) -> str:
    """Return the token that tells a front end who is signed in: ``typ`` access, 15 minutes."""
    claims = {"aud": "front-end", "sub": str(user_id), "username": username, "permissions": permissions}
    return _signed("access", claims, ACCESS_LIFETIME, key)


def cookie(token: str, *, secure: bool) -> str:
    """Return the ``Set-Cookie`` header that hands out ``token``."""
    return dump_cookie(
        NAME, token, max_age=SESSION_LIFETIME, path="/", secure=secure, httponly=True, samesite="Lax"
    )


def no_cookie(*, secure: bool) -> str:
    """Return the ``Set-Cookie`` header that takes the cookie away."""
    return dump_cookie(NAME, "", max_age=0, path="/", secure=secure, httponly=True, samesite="Lax")


def _signed(kind: str, claims: dict[str, Any], lifetime: timedelta, key: str) -> str:
    now = datetime.now(UTC)
    times = {"iss": _ISSUER, "iat": now, "exp": now + lifetime}
    return jwt.encode(claims | times, key, algorithm="HS256", headers={"typ": kind})

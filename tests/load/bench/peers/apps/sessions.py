"""The session check of Bunko's gateway: a signed cookie, and its session in the database."""

import os
from http.cookies import SimpleCookie

import jwt
from psycopg2.pool import ThreadedConnectionPool

_LOOK_UP = "SELECT user_id, username, permissions FROM users.active_session WHERE session_id = %s"
_THREADS = 4

_pool = ThreadedConnectionPool(_THREADS, _THREADS, os.environ["DATABASE_URL"])


def may(cookies: str | None, permission: str) -> bool:
    """Return whether the session of a ``Cookie`` header is valid and its user has ``permission``."""
    cookie = SimpleCookie(cookies or "").get("refreshToken")
    if cookie is None:
        return False
    key = os.environ["SESSION_KEY"]
    try:
        claims = jwt.decode(cookie.value, key, algorithms=["HS256"], audience="gateway", issuer="users")
    except jwt.PyJWTError:
        return False
    connection = _pool.getconn()
    try:
        connection.autocommit = True
        with connection.cursor() as db:
            db.execute(_LOOK_UP, (claims["sid"],))
            found = db.fetchone()
    finally:
        _pool.putconn(connection)
    return found is not None and str(found[0]) == claims["sub"] and permission in found[2]

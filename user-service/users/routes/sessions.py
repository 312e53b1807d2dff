"""Routes for the caller's own sessions and password."""

from sqlalchemy import Connection

from shared.errors import TOO_MANY_REQUESTS, UNAUTHORIZED, UNAVAILABLE
from shared.fields.values import Id
from shared.identity.tokens import Caller, Identity
from shared.postgres.engine import Database
from shared.web.answers import DocumentWithHeaders
from shared.web.routes import LOGIN, Api
from users import login_throttle, passwords
from users.account_presenters import OwnSession
from users.refusals import INVALID_PASSWORD, SESSION_NOT_FOUND, USER_NOT_FOUND, WRONG_PASSWORD
from users.routes.auth import device
from users.rules.accounts import check_password
from users.rules.cookies import Cookie
from users.schemas.sessions import PasswordChange
from users.session_cookies import clear_cookie, set_cookie
from users.store import accounts, sessions
from users.store.accounts import Credentials
from users.store.sessions import Device

api = Api("/user", tag="Accounts", gone=USER_NOT_FOUND)


@api.get("/sessions", permission=LOGIN)
def list_sessions(caller: Caller, db: Connection) -> list[OwnSession]:
    """List the caller's active sessions, most recently seen first."""
    return sessions.own(db, caller.id, caller.session)


@api.delete("/sessions/<id>", permission=LOGIN, done="Session ended", refuses=[SESSION_NOT_FOUND])
def end_session(id: Id, caller: Caller, db: Connection) -> DocumentWithHeaders[None]:
    """End one of the caller's sessions. The next request with its cookie is a 401.

    The session of this request may be ended as well; the answer then clears its cookie.
    """
    ended = sessions.end_own(db, caller.id, id)
    if ended is None:
        raise SESSION_NOT_FOUND
    return DocumentWithHeaders(None, [clear_cookie()] if ended == caller.session else [])


@api.post(
    "/change-password",
    permission=LOGIN,
    done="Password changed successfully",
    refuses=[WRONG_PASSWORD, INVALID_PASSWORD, USER_NOT_FOUND, TOO_MANY_REQUESTS, UNAVAILABLE],
)
def change_password(
    body: PasswordChange, caller: Caller, identity: Identity, database: Database
) -> DocumentWithHeaders[None]:
    """Change the caller's password, end every session of the account and begin a new one.

    The answer sets the cookie of the new session. All earlier cookies, including the one of this request, are a 401
    from the next request on, without the 30 seconds of grace that a rotated cookie has. A wrong `current_password` is
    a 403 and counts as a failed login.
    """
    check_password(body.new_password)
    with database.reading() as db:
        login_throttle.check(db, identity.client_ip, caller.name)
        found = accounts.own_credentials(db, caller.id)
    if found is None:
        raise USER_NOT_FOUND
    right = passwords.matches(body.current_password, found.password_hash)
    digest = passwords.digest(body.new_password) if right else None
    cookie = database.write(lambda db: _settle_change(db, caller, found, digest, device(identity)))
    if cookie is None:
        raise WRONG_PASSWORD
    return DocumentWithHeaders(None, [set_cookie(cookie)])


def _settle_change(
    db: Connection, caller: Caller, checked: Credentials, digest: str | None, client: Device
) -> Cookie | None:
    """Count a failure (``digest`` None), or change the password, end all sessions and begin one; returns its cookie.

    Returns None instead of refusing, so that the count is committed. Refuses (401), with nothing changed, if the
    caller's session has ended since the gateway looked it up.
    """
    login_throttle.record(db, client.address, caller.name, right=digest is not None)
    if digest is None or not accounts.change_password(db, checked, digest):
        return None
    if caller.session not in (sessions.end_all(db, caller.id) or ()):
        raise UNAUTHORIZED
    return sessions.begin(db, caller.id, checked.password_version + 1, client)

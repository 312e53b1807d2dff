"""One's own sessions and password."""

from pydantic import BaseModel, Field
from sqlalchemy import Connection

from shared.api import LOGIN, Answer, Api
from shared.database import Database
from shared.refusals import TOO_MANY_REQUESTS, UNAUTHORIZED, UNAVAILABLE
from shared.tokens import Caller, Identity
from shared.values import Id
from users import failures
from users.account_presenters import OwnSession
from users.issuing import cookie_taken, new_cookie
from users.refusals import INVALID_PASSWORD, SESSION_NOT_FOUND, USER_NOT_FOUND, WRONG_PASSWORD
from users.routes.auth import Text, device
from users.rules import passwords
from users.rules.accounts import check_password
from users.rules.cookies import Cookie
from users.store import accounts, sessions
from users.store.accounts import Credentials
from users.store.sessions import Device

api = Api("/user", tag="Accounts", gone=USER_NOT_FOUND)


class PasswordChange(BaseModel):
    """The password so far, and the one from now on."""

    current_password: Text = Field(examples=["correct horse battery staple"])
    new_password: Text = Field(description="8 to 255 characters.", examples=["staple battery horse correct"])


@api.get("/sessions", needs=LOGIN)
def list_sessions(caller: Caller, db: Connection) -> list[OwnSession]:
    """Where one is signed in, seen last first."""
    return sessions.own(db, caller.id, caller.session)


@api.delete("/sessions/<id>", needs=LOGIN, done="Session ended", refuses=[SESSION_NOT_FOUND])
def end_session(id: Id, caller: Caller, db: Connection) -> Answer[None]:
    """End one of one's own sessions. The very next request with its cookie is a 401.

    The session that asks may be ended as well; its cookie is taken away then.
    """
    ended = sessions.end_own(db, caller.id, id)
    if ended is None:
        raise SESSION_NOT_FOUND
    return Answer(None, [cookie_taken()] if ended == caller.session else [])


@api.post(
    "/change-password",
    needs=LOGIN,
    done="Password changed successfully",
    refuses=[WRONG_PASSWORD, INVALID_PASSWORD, USER_NOT_FOUND, TOO_MANY_REQUESTS, UNAVAILABLE],
)
def change_password(
    body: PasswordChange, caller: Caller, identity: Identity, database: Database
) -> Answer[None]:
    """Change one's password, which ends every session of the account, and begin a new session.

    The answer sets its cookie. All earlier cookies, the one that asks included, are a 401 from the next request on,
    without the 30 seconds that a replaced cookie has otherwise. A wrong `current_password` is a 403 and counts as a
    failed login does.
    """
    check_password(body.new_password)
    with database.reading() as db:
        failures.check(db, identity.address, caller.name)
        found = accounts.own_credentials(db, caller.id)
    if found is None:
        raise USER_NOT_FOUND
    right = passwords.matches(body.current_password, found.password_hash)
    digest = passwords.digest(body.new_password) if right else None
    cookie = database.write(lambda db: _settle_change(db, caller, found, digest, device(identity)))
    if cookie is None:
        raise WRONG_PASSWORD
    return Answer(None, [new_cookie(cookie)])


def _settle_change(
    db: Connection, caller: Caller, checked: Credentials, digest: str | None, client: Device
) -> Cookie | None:
    """Count a failure (``digest`` None), or change the password, end all sessions and return a new one's cookie.

    Returns None rather than refusing, so that what was counted is committed. A caller whose session has ended since
    the gateway looked it up changes nothing.
    """
    failures.settle(db, client.address, caller.name, right=digest is not None)
    if digest is None or not accounts.change_password(db, checked, digest):
        return None
    if caller.session not in (sessions.end_all(db, caller.id) or ()):
        raise UNAUTHORIZED
    return sessions.begin(db, caller.id, checked.password_version + 1, client)

"""Accounts and sessions: registering, signing in and out, and who is signed in."""

from typing import Annotated

from flask import request
from pydantic import AfterValidator, BaseModel, Field
from sqlalchemy import Connection

from shared.api import LOGIN, Answer, Api
from shared.database import Database
from shared.refusals import TOO_MANY_REQUESTS, UNAUTHORIZED
from shared.text import clean
from shared.tokens import Caller, Identity
from users.account_presenters import NewUser, SignedIn, User
from users.configuration import configured
from users.refusals import INVALID_CREDENTIALS, INVALID_PASSWORD, INVALID_USERNAME, USERNAME_TAKEN
from users.rules import cookies, limits, passwords
from users.rules.accounts import check_password, check_username
from users.store import accounts, attempts, sessions

api = Api("/auth", tag="Accounts")

_LONGEST_DEVICE = 255

Text = Annotated[str, AfterValidator(clean)]


class Credentials(BaseModel):
    """A name and a password. Like all text both are NFC-normalised and stripped."""

    username: Text = Field(
        description="3 to 31 letters, digits, `_`, `-` and `.`; case does not matter.", examples=["reader"]
    )
    password: Text = Field(description="8 to 255 characters.", examples=["correct horse battery staple"])


@api.post(
    "/register",
    needs=None,
    done="User created successfully",
    status=201,
    refuses=[USERNAME_TAKEN, INVALID_USERNAME, INVALID_PASSWORD, TOO_MANY_REQUESTS],
)
def register(body: Credentials, identity: Identity, database: Database) -> NewUser:
    """Make an account with the role `Member`. It signs nobody in.

    Every attempt counts, the refused ones too: 10 an hour from one address, then 429 with `Retry-After`.
    """
    database.write(lambda db: _count_registration(db, identity.address))
    check_username(body.username)
    check_password(body.password)
    digest = passwords.digest(body.password)
    return database.write(lambda db: accounts.create(db, body.username, digest))


@api.post("/login", needs=None, refuses=[INVALID_CREDENTIALS, TOO_MANY_REQUESTS])
def login(body: Credentials, identity: Identity, database: Database) -> Answer[SignedIn]:
    """Sign in: the session's `refreshToken` cookie, and who one is.

    After 10 failures in 15 minutes from one address under one name: 429 with `Retry-After`, even to the right
    password.
    """
    bucket = limits.login_bucket(identity.address, body.username)
    with database.reading() as db:
        _check_logins(db, bucket)
        found = accounts.credentials(db, body.username)
    right = passwords.matches(body.password, found.password_hash if found else None)
    user_id = found.user_id if found and right else None
    signed_in = database.write(lambda db: _settle_login(db, bucket, user_id, identity.address))
    if signed_in is None:
        raise INVALID_CREDENTIALS
    session_id, user = signed_in
    set_cookie = cookies.cookie(
        cookies.refresh_token(user["id"], session_id, key=configured().session_key),
        secure=configured().secure_cookies,
    )
    return Answer(_signed_in(user), [("Set-Cookie", set_cookie)])


@api.get("/me", needs=LOGIN)
def me(caller: Caller, db: Connection) -> SignedIn:
    """Who is signed in, with a fresh access token."""
    user = accounts.user(db, caller.id)
    if user is None:
        raise UNAUTHORIZED
    return _signed_in(user)


@api.post("/logout", needs=LOGIN, done="Logged out")
def logout(caller: Caller, db: Connection) -> Answer[None]:
    """End the session. The very next request with its cookie is a 401, and the cookie is taken away."""
    sessions.end(db, caller.session)
    return Answer(None, [("Set-Cookie", cookies.no_cookie(secure=configured().secure_cookies))])


def _count_registration(db: Connection, address: str) -> None:
    if not configured().rate_limits:
        return
    bucket = limits.registration_bucket(address)
    attempts.hold(db, bucket)
    attempts.check(db, bucket, limits.REGISTRATIONS)
    attempts.add(db, bucket, limits.REGISTRATIONS)


def _check_logins(db: Connection, bucket: str) -> None:
    if configured().rate_limits:
        attempts.check(db, bucket, limits.FAILED_LOGINS)


def _settle_login(db: Connection, bucket: str, user_id: int | None, address: str) -> tuple[str, User] | None:
    """Count a failure (``user_id`` None), or open a session and return its id and user.

    Checks the limit again, one login after the other: of any number at once that all passed the first check,
    no more learn that their password was wrong, or right, than the limit allows. Returns None rather than
    refusing, so that what was counted is committed.
    """
    if configured().rate_limits:
        attempts.hold(db, bucket)
        attempts.check(db, bucket, limits.FAILED_LOGINS)
        if user_id is None:
            attempts.add(db, bucket, limits.FAILED_LOGINS)
    if user_id is None:
        return None
    device = request.headers.get("User-Agent", "")[:_LONGEST_DEVICE] or None
    session_id = sessions.begin(db, user_id, cookies.SESSION_LIFETIME, address=address, device=device)
    user = accounts.user(db, user_id)
    return (session_id, user) if user else None


def _signed_in(user: User) -> SignedIn:
    token = cookies.access_token(
        user["id"], user["username"], user["permissions"], key=configured().session_key
    )
    return {"accessToken": token, "user": user}

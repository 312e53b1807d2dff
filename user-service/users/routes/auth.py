"""Routes to register, sign in and out, and read the signed-in user."""

from flask import request
from sqlalchemy import Connection

from shared.errors import TOO_MANY_REQUESTS, UNAUTHORIZED, UNAVAILABLE
from shared.identity.tokens import Caller, Identity
from shared.postgres.engine import Database
from shared.web.answers import DocumentWithHeaders
from shared.web.routes import LOGIN, Api
from users import login_throttle, passwords
from users.account_presenters import NewUser, SignedIn, User
from users.configuration import current_configuration
from users.refusals import INVALID_CREDENTIALS, INVALID_PASSWORD, INVALID_USERNAME, USERNAME_TAKEN
from users.rules import cookies, limits
from users.rules.accounts import check_password, check_username
from users.rules.cookies import Cookie
from users.schemas.auth import Credentials
from users.session_cookies import Header, clear_cookie, set_cookie
from users.store import accounts, rate_limits, sessions
from users.store.sessions import Device

api = Api("/auth", tag="Accounts")

_LONGEST_DEVICE = 255


@api.post(
    "/register",
    permission=None,
    done="User created successfully",
    status=201,
    refuses=[USERNAME_TAKEN, INVALID_USERNAME, INVALID_PASSWORD, TOO_MANY_REQUESTS, UNAVAILABLE],
)
def register(body: Credentials, identity: Identity, database: Database) -> NewUser:
    """Create an account with the role `Member`. It does not sign the new user in.

    Every attempt counts, refused ones too: 10 an hour from one address, then 429 with `Retry-After`.
    """
    database.write(lambda db: _count_registration(db, identity.client_ip))
    check_username(body.username)
    check_password(body.password)
    digest = passwords.digest(body.password)
    return database.write(lambda db: accounts.create(db, body.username, digest))


@api.post("/login", permission=None, refuses=[INVALID_CREDENTIALS, TOO_MANY_REQUESTS, UNAVAILABLE])
def login(body: Credentials, identity: Identity, database: Database) -> DocumentWithHeaders[SignedIn]:
    """Sign in: sets the session's `refreshToken` cookie and returns the user.

    After 10 failures in 15 minutes from one address for one name, or 50 from one address for any names: 429 with
    `Retry-After`, even for the right password. Too many simultaneous logins: 503 with `Retry-After`, not counted.
    """
    with database.reading() as db:
        login_throttle.check(db, identity.client_ip, body.username)
        found = accounts.credentials(db, body.username)
    right = passwords.matches(body.password, found.password_hash if found else None)
    checked = found if right else None
    renewed = passwords.stronger(body.password, checked.password_hash) if checked else None
    signed_in = database.write(
        lambda db: _settle_login(db, body.username, checked, renewed, device(identity))
    )
    if signed_in is None:
        raise INVALID_CREDENTIALS
    cookie, user = signed_in
    return DocumentWithHeaders(_signed_in(user), [set_cookie(cookie)])


@api.get("/me", permission=LOGIN)
def me(caller: Caller, database: Database) -> DocumentWithHeaders[SignedIn]:
    """Return the signed-in user with a new access token; a cookie older than a day is also rotated.

    The previous cookie stays valid for 30 seconds, for requests under way and for a lost answer: with it, this route
    sets the same new cookie again. Using it later ends the session, as the cookie has probably been copied. Each new
    cookie lasts 30 days.
    """
    with database.reading() as db:
        user = accounts.user(db, caller.id)
        held = sessions.current(db, caller.session, current_configuration().cookie_rotation)
    if user is None or held is None:
        raise UNAUTHORIZED
    cookie = (
        _rotated(database, caller)
        if held.is_due and caller.generation == held.cookie.generation
        else held.cookie
    )
    return DocumentWithHeaders(_signed_in(user), _successor(caller, cookie))


@api.post("/logout", permission=LOGIN, done="Logged out")
def logout(caller: Caller, db: Connection) -> DocumentWithHeaders[None]:
    """End the session and clear its cookie. The next request with that cookie is a 401."""
    sessions.end(db, caller.session)
    return DocumentWithHeaders(None, [clear_cookie()])


def device(identity: Identity) -> Device:
    """Return address and ``User-Agent`` (at most 255 characters) of the current request."""
    return Device(identity.client_ip, request.headers.get("User-Agent", "")[:_LONGEST_DEVICE] or None)


def _count_registration(db: Connection, address: str) -> None:
    if not current_configuration().rate_limits:
        return
    counted = limits.registrations(address)
    rate_limits.lock_bucket(db, counted)
    rate_limits.check(db, counted)
    rate_limits.add(db, counted)


def _settle_login(
    db: Connection, username: str, checked: accounts.Credentials | None, renewed: str | None, client: Device
) -> tuple[Cookie, User] | None:
    """Count a failure (``checked`` None), or begin a session and return its cookie and user.

    Returns None instead of refusing, so that the count is committed.
    """
    login_throttle.record(db, client.address, username, right=checked is not None)
    if checked is None or not accounts.lock_password(db, checked, renewed):
        return None
    cookie = sessions.begin(db, checked.user_id, checked.password_version, client)
    user = accounts.user(db, checked.user_id)
    return (cookie, user) if user else None


def _rotated(database: Database, caller: Caller) -> Cookie:
    """Rotate the caller's cookie and return the current one; refuses (401) if the session has ended."""
    cookie = database.write(lambda db: sessions.rotate(db, caller.session, caller.generation))
    if cookie is None:
        raise UNAUTHORIZED
    return cookie


def _successor(caller: Caller, cookie: Cookie) -> list[Header]:
    """Return the header that sets the current cookie if the caller sent the one before it; refuses (401) older ones."""
    if cookie.generation - caller.generation not in (0, 1):
        raise UNAUTHORIZED
    return [set_cookie(cookie)] if cookie.generation != caller.generation else []


def _signed_in(user: User) -> SignedIn:
    token = cookies.access_token(
        user["id"], user["username"], user["permissions"], key=current_configuration().session_key
    )
    return {"accessToken": token, "user": user}

"""Queries that create and find accounts and change passwords."""

from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, Update, insert, select, update

from shared.fields.text import natural_key
from users.account_presenters import NewUser, User
from users.store.account_json import user_json
from users.store.tables import roles, user_roles, users

Statement = TypeVar("Statement", Select[int], Update)


class Credentials(NamedTuple):
    """A user's id, password digest and password version; a login is checked against these."""

    user_id: int
    password_hash: str
    password_version: int


def create(db: Connection, username: str, password_hash: str, *, role: str = "Member") -> NewUser:
    """Create an account with one role; a taken name (compared without case) violates ``users_slug_unique``."""
    values = {"username": username, "sort_name": natural_key(username), "password_hash": password_hash}
    made = db.execute(insert(users).values(values).returning(users.c.id, users.c.slug)).one()
    grant = select(made.id, roles.c.id).where(roles.c.name == role)
    db.execute(insert(user_roles).from_select(["user_id", "role_id"], grant))
    return {"id": made.id, "slug": made.slug}


def credentials(db: Connection, username: str) -> Credentials | None:
    """Return the credentials of the user called ``username`` (any case), None if there is no such user."""
    return _credentials(db, users.c.slug == username.lower())


def own_credentials(db: Connection, user_id: int) -> Credentials | None:
    """Return the credentials of a user by id, None if the user has been deleted."""
    return _credentials(db, users.c.id == user_id)


def lock_password(db: Connection, checked: Credentials, renewed: str | None) -> bool:
    """Lock a user's password until this transaction ends; False if it changed since it was ``checked``.

    Without the lock, a login checked against the old password could begin a session just after a password change
    ended all sessions. ``renewed``, if given, is stored as a new digest of the same password.
    """
    if renewed:
        return bool(db.execute(_with_password(update(users), checked).values(password_hash=renewed)).rowcount)
    return (
        db.execute(_with_password(select(users.c.id), checked).with_for_update(read=True)).first() is not None
    )


def change_password(db: Connection, checked: Credentials, password_hash: str) -> bool:
    """Store the digest of a new password; False if the password changed since it was ``checked``."""
    changed = _with_password(update(users), checked).values(_another_password(password_hash))
    return bool(db.execute(changed).rowcount)


def reset_password(db: Connection, username: str, password_hash: str) -> int | None:
    """Store the digest of a new password without checking the old; returns the user's id, None if unknown."""
    changed = update(users).where(users.c.slug == username.lower()).values(_another_password(password_hash))
    user_id: int | None = db.execute(changed.returning(users.c.id)).scalar_one_or_none()
    return user_id


def user(db: Connection, user_id: int) -> User | None:
    """Return the document of a user, None if there is no such user."""
    document: Any = db.execute(select(user_json()).where(users.c.id == user_id)).scalar_one_or_none()
    found: User | None = document
    return found


def _credentials(db: Connection, which: ColumnElement[bool]) -> Credentials | None:
    columns = (users.c.id, users.c.password_hash, users.c.password_version)
    row = db.execute(select(*columns).where(which)).one_or_none()
    return Credentials(*row) if row else None


def _another_password(password_hash: str) -> dict[str, Any]:
    """Return the columns of a new password. The next version ends every session: see the view ``active_session``."""
    return {"password_hash": password_hash, "password_version": users.c.password_version + 1}


def _with_password(statement: Statement, checked: Credentials) -> Statement:
    return statement.where(
        users.c.id == checked.user_id, users.c.password_version == checked.password_version
    )

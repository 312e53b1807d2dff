"""Accounts: making them, finding them, and what they may do."""

from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, Update, insert, select, update

from shared.fields.text import natural_key
from users.account_presenters import NewUser, User
from users.store.account_json import user_json
from users.store.tables import roles, user_roles, users

Statement = TypeVar("Statement", Select[int], Update)


class Credentials(NamedTuple):
    """What a login is checked against."""

    user_id: int
    password_hash: str
    password_version: int


def create(db: Connection, username: str, password_hash: str, *, role: str = "Member") -> NewUser:
    """Make an account with one role; a name that is taken in any case violates ``users_slug_unique``."""
    values = {"username": username, "sort_name": natural_key(username), "password_hash": password_hash}
    made = db.execute(insert(users).values(values).returning(users.c.id, users.c.slug)).one()
    grant = select(made.id, roles.c.id).where(roles.c.name == role)
    db.execute(insert(user_roles).from_select(["user_id", "role_id"], grant))
    return {"id": made.id, "slug": made.slug}


def credentials(db: Connection, username: str) -> Credentials | None:
    """Return what a login under ``username`` (any case) is checked against, None for nobody."""
    return _credentials(db, users.c.slug == username.lower())


def own_credentials(db: Connection, user_id: int) -> Credentials | None:
    """Return what somebody who is signed in is checked against, None when they are no more."""
    return _credentials(db, users.c.id == user_id)


def lock_password(db: Connection, checked: Credentials, renewed: str | None) -> bool:
    """Keep a user's password as it is until this transaction ends; False when it is not what was ``checked``.

    Without it a login that was checked against the old password could open a session just after all were ended.
    ``renewed``, where given, is stored as another digest of the same password.
    """
    if renewed:
        return bool(db.execute(_with_password(update(users), checked).values(password_hash=renewed)).rowcount)
    return (
        db.execute(_with_password(select(users.c.id), checked).with_for_update(read=True)).first() is not None
    )


def change_password(db: Connection, checked: Credentials, password_hash: str) -> bool:
    """Store the digest of another password; False when the old one is not what was ``checked`` any more."""
    changed = _with_password(update(users), checked).values(_another_password(password_hash))
    return bool(db.execute(changed).rowcount)


def reset_password(db: Connection, username: str, password_hash: str) -> int | None:
    """Store the digest of another password, whatever the old one is; return whose, None for nobody."""
    changed = update(users).where(users.c.slug == username.lower()).values(_another_password(password_hash))
    user_id: int | None = db.execute(changed.returning(users.c.id)).scalar_one_or_none()
    return user_id


def user(db: Connection, user_id: int) -> User | None:
    """Return the document of a user, None when there is no such."""
    document: Any = db.execute(select(user_json()).where(users.c.id == user_id)).scalar_one_or_none()
    found: User | None = document
    return found


def _credentials(db: Connection, which: ColumnElement[bool]) -> Credentials | None:
    columns = (users.c.id, users.c.password_hash, users.c.password_version)
    row = db.execute(select(*columns).where(which)).one_or_none()
    return Credentials(*row) if row else None


def _another_password(password_hash: str) -> dict[str, Any]:
    """Return what is written with a new password: the next version ends every session, see ``active_session``."""
    return {"password_hash": password_hash, "password_version": users.c.password_version + 1}


def _with_password(statement: Statement, checked: Credentials) -> Statement:
    return statement.where(
        users.c.id == checked.user_id, users.c.password_version == checked.password_version
    )

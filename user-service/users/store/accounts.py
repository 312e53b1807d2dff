"""Accounts: making them, finding them, and what they may do."""

from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select

from shared.text import natural_key
from users.account_presenters import NewUser, User, user_json
from users.store.tables import roles, user_roles, users


class Credentials(NamedTuple):
    """What a login is checked against."""

    user_id: int
    password_hash: str


def create(db: Connection, username: str, password_hash: str, *, role: str = "Member") -> NewUser:
    """Make an account with one role; a name that is taken in any case violates ``users_slug_unique``."""
    values = {"username": username, "sort_name": natural_key(username), "password_hash": password_hash}
    made = db.execute(insert(users).values(values).returning(users.c.id, users.c.slug)).one()
    grant = select(made.id, roles.c.id).where(roles.c.name == role)
    db.execute(insert(user_roles).from_select(["user_id", "role_id"], grant))
    return {"id": made.id, "slug": made.slug}


def credentials(db: Connection, username: str) -> Credentials | None:
    """Return what a login under ``username`` (any case) is checked against, None for nobody."""
    row = db.execute(
        select(users.c.id, users.c.password_hash).where(users.c.slug == username.lower())
    ).one_or_none()
    return Credentials(row.id, row.password_hash) if row else None


def user(db: Connection, user_id: int) -> User | None:
    """Return the document of a user, None when there is no such."""
    document: Any = db.execute(select(user_json()).where(users.c.id == user_id)).scalar_one_or_none()
    found: User | None = document
    return found

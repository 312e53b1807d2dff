"""Queries with which administrators list and change users and roles."""

from collections.abc import Sequence
from functools import cache
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Text,
    bindparam,
    cast,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from shared.fields.text import like_pattern, natural_key
from shared.postgres.engine import Database
from shared.web.listing import LIMIT, OFFSET, Entries, Listing, listing
from shared.web.pagination import PageQuery
from users.account_presenters import AdminUser, AdminUsers, Role
from users.refusals import LAST_ADMINISTRATOR
from users.store.account_json import admin_user_json
from users.store.tables import role_permissions, roles, user_roles, users

ADMINISTRATOR = "Admin"
"""The role that at least one user must have at any time."""

UserOrder = Literal["name-asc", "name-desc", "registered-asc", "registered-desc"]

_ORDERS: dict[UserOrder, Sequence[ColumnElement[Any]]] = {
    "name-asc": (users.c.sort_name, users.c.id),
    "name-desc": (users.c.sort_name.desc(), users.c.id.desc()),
    "registered-asc": (users.c.registered, users.c.id),
    "registered-desc": (users.c.registered.desc(), users.c.id.desc()),
}


def user_list(
    database: Database, query: PageQuery, order: UserOrder, role_id: int | None
) -> Listing[AdminUsers]:
    """Return a page of the users whose name matches the search, of the role ``role_id`` if given."""
    entries = _entries(order, searched=bool(query.search), of_role=role_id is not None)
    return listing(database, "users", entries, query, role=role_id, pattern=like_pattern(query.search))


@cache
def _entries(order: UserOrder, *, searched: bool, of_role: bool) -> Entries:
    which: list[ColumnElement[bool]] = []
    if searched:
        which.append(users.c.slug.like(bindparam("pattern", type_=Text)))
    if of_role:
        holders = select(user_roles.c.user_id)
        which.append(
            users.c.id.in_(holders.where(user_roles.c.role_id == bindparam("role", type_=BigInteger)))
        )
    page = select(cast(admin_user_json(), Text)).where(*which).order_by(*_ORDERS[order])
    total = select(func.count()).select_from(users).where(*which)
    return Entries(page.limit(LIMIT).offset(OFFSET), total)


def user(db: Connection, user_id: int) -> AdminUser | None:
    """Return a user as administrators see them, None if there is no such user."""
    found: AdminUser | None = db.execute(
        select(admin_user_json()).where(users.c.id == user_id)
    ).scalar_one_or_none()
    return found


def role_list(db: Connection) -> list[Role]:
    """Return all roles, in the order of creation."""
    permissions = select(func.count()).where(role_permissions.c.role_id == roles.c.id).scalar_subquery()
    holders = select(func.count()).where(user_roles.c.role_id == roles.c.id).scalar_subquery()
    counts = (permissions.label("permission_count"), holders.label("user_count"))
    rows = db.execute(select(roles.c.id, roles.c.name, roles.c.description, *counts).order_by(roles.c.id))
    return [
        {
            "id": row.id,
            "name": row.name,
            "description": row.description,
            "permission_count": row.permission_count,
            "user_count": row.user_count,
        }
        for row in rows
    ]


def known_roles(db: Connection, role_ids: Sequence[int]) -> set[int]:
    """Return the ids among ``role_ids`` that exist as roles."""
    return set(db.execute(select(roles.c.id).where(roles.c.id.in_(role_ids))).scalars())


def change(db: Connection, user_id: int, username: str, *, age_verified: bool | None) -> bool:
    """Rename a user and set ``age_verified`` unless it is None; False if there is no such user.

    A taken name (compared without case) violates ``users_slug_unique``.
    """
    values: dict[str, Any] = {"username": username, "sort_name": natural_key(username)}
    if age_verified is not None:
        values["age_verified"] = age_verified
    return bool(db.execute(update(users).where(users.c.id == user_id).values(values)).rowcount)


def change_roles(db: Connection, user_id: int, *, added: Sequence[int], removed: Sequence[int]) -> None:
    """Add and remove roles of a user; refuses (409) to remove the last administrator's role."""
    held = (user_roles.c.user_id == user_id) & user_roles.c.role_id.in_(removed)
    db.execute(delete(user_roles).where(held))
    if added:
        grants = [{"user_id": user_id, "role_id": role_id} for role_id in added]
        db.execute(insert(user_roles).values(grants).on_conflict_do_nothing())
    _keep_an_administrator(db)


def remove(db: Connection, user_id: int) -> bool:
    """Delete a user and all their data; False if there is no such user, refused (409) for the last administrator.

    The user's sessions stay, with a null user: so a valid cookie of a deleted user differs from one after a logout.
    """
    gone = bool(db.execute(delete(users).where(users.c.id == user_id)).rowcount)
    _keep_an_administrator(db)
    return gone


def lock_administrators(db: Connection) -> None:
    """Serialise changes that can remove an administrator, until this transaction ends.

    Without the lock, two administrators could demote each other at the same time and leave none.
    """
    db.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("users.administrators", 0))))


def administrators(db: Connection) -> int:
    """Return the number of users with the administrator role."""
    held = select(func.count()).join_from(user_roles, roles).where(roles.c.name == ADMINISTRATOR)
    return db.execute(held).scalar_one()


def _keep_an_administrator(db: Connection) -> None:
    if administrators(db) == 0:
        raise LAST_ADMINISTRATOR

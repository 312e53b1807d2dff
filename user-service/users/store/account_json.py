"""SQL expressions that build the JSON of accounts."""

from typing import Any

from sqlalchemy import ColumnElement, Text, func, literal, select

from users.store.tables import role_permissions, roles, sessions, user_roles, users


def user_json() -> ColumnElement[Any]:
    """Return the expression for the JSON of a ``User`` in a query of ``users``."""
    return _object(
        id=users.c.id,
        username=users.c.username,
        slug=users.c.slug,
        profile_image=_profile_image(),
        placeholder=users.c.profile_placeholder,
        color=users.c.profile_color,
        image_version=users.c.image_version,
        registered=users.c.registered,
        age_verified=users.c.age_verified,
        roles=_role_names(),
        permissions=_permissions(),
        settings=users.c.settings,
    )


def admin_user_json() -> ColumnElement[Any]:
    """Return the expression for the JSON of an ``AdminUser`` in a query of ``users``."""
    return _object(
        id=users.c.id,
        slug=users.c.slug,
        username=users.c.username,
        profile_image=_profile_image(),
        placeholder=users.c.profile_placeholder,
        color=users.c.profile_color,
        registered=users.c.registered,
        age_verified=users.c.age_verified,
        roles=_role_names(),
        logged_in=_logged_in(),
    )


def _object(**fields: ColumnElement[Any]) -> ColumnElement[Any]:
    pairs = (part for name, value in fields.items() for part in (literal(name, Text), value))
    return func.json_build_object(*pairs)


def _profile_image() -> ColumnElement[Any]:
    return func.coalesce(users.c.profile_key + "/high.webp", users.c.profile_url)


def _role_names() -> ColumnElement[Any]:
    named = func.json_agg(_object(id=roles.c.id, name=roles.c.name)).aggregate_order_by(roles.c.id)
    held = select(func.coalesce(named, func.json_build_array())).join_from(roles, user_roles)
    return held.where(user_roles.c.user_id == users.c.id).scalar_subquery()


def _permissions() -> ColumnElement[Any]:
    name = role_permissions.c.permission
    names = func.json_agg(name.distinct()).aggregate_order_by(name)
    granted = select(func.coalesce(names, func.json_build_array())).join_from(
        role_permissions, user_roles, role_permissions.c.role_id == user_roles.c.role_id
    )
    return granted.where(user_roles.c.user_id == users.c.id).scalar_subquery()


def _logged_in() -> ColumnElement[Any]:
    active = (sessions.c.ended_at.is_(None)) & (sessions.c.expires_at > func.now())
    return select(sessions.c.id).where(sessions.c.user_id == users.c.id, active).exists()

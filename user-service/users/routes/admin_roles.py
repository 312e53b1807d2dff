"""Roles as administrators see them."""

from sqlalchemy import Connection

from shared.web.routes import Api
from users.account_presenters import Role
from users.store import administration

api = Api("/admin-roles", tag="User management")


@api.get("", permission="view-roles")
def list_roles(db: Connection) -> list[Role]:
    """All roles, with how much each permits and how many users have it."""
    return administration.role_list(db)

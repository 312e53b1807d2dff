"""Routes on which administrators read roles."""

from sqlalchemy import Connection

from shared.web.routes import Api
from users.account_presenters import Role
from users.store import administration

api = Api("/admin-roles", tag="User management")


@api.get("", permission="view-roles")
def list_roles(db: Connection) -> list[Role]:
    """List all roles, with the number of permissions and of users of each."""
    return administration.role_list(db)

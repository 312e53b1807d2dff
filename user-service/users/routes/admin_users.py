"""Routes on which administrators list, edit and delete users."""

from sqlalchemy import Connection

from shared.errors import INVALID, invalid
from shared.fields.values import Id
from shared.postgres.engine import Database
from shared.web.listing import Listing
from shared.web.routes import Api
from users.account_presenters import AdminUser, AdminUsers
from users.refusals import INVALID_USERNAME, LAST_ADMINISTRATOR, USER_NOT_FOUND, USERNAME_TAKEN
from users.rules.accounts import check_username
from users.schemas.admin_users import UserChanges, UserQuery
from users.store import administration, sessions

api = Api("/admin-users", tag="User management")


@api.get("", permission="view-users")
def list_users(query: UserQuery, database: Database) -> Listing[AdminUsers]:
    """List users by name or by registration date; `search` matches their names."""
    return administration.user_list(database, query, query.order, query.role)


@api.get("/id/<id>", permission="view-users", refuses=[USER_NOT_FOUND])
def show_user(id: Id, db: Connection) -> AdminUser:
    """Return one user."""
    found = administration.user(db, id)
    if found is None:
        raise USER_NOT_FOUND
    return found


@api.post(
    "/edit/<id>",
    permission="edit-users",
    done="User edited successfully",
    refuses=[INVALID_USERNAME, INVALID, USER_NOT_FOUND, USERNAME_TAKEN, LAST_ADMINISTRATOR],
)
def edit_user(id: Id, body: UserChanges, db: Connection) -> None:
    """Rename a user, set whether their age is verified, add and remove roles, all in one transaction."""
    check_username(body.username)
    _check_roles(db, body)
    administration.lock_administrators(db)
    if not administration.change(db, id, body.username, age_verified=body.age_verified):
        raise USER_NOT_FOUND
    administration.change_roles(db, id, added=body.added_roles, removed=body.removed_roles)


@api.post(
    "/logout/<id>", permission="edit-users", done="User logged out successfully", refuses=[USER_NOT_FOUND]
)
def log_user_out(id: Id, db: Connection) -> None:
    """End all sessions of a user."""
    if sessions.end_all(db, id) is None:
        raise USER_NOT_FOUND


@api.delete(
    "/delete/<id>",
    permission="delete-users",
    done="User deleted successfully",
    refuses=[USER_NOT_FOUND, LAST_ADMINISTRATOR],
)
def delete_user(id: Id, db: Connection) -> None:
    """Delete a user and all their data: reading history, ratings, collection, settings, picture."""
    administration.lock_administrators(db)
    if not administration.remove(db, id):
        raise USER_NOT_FOUND


api.on_file_service("POST", "/update-image/<id>", permission="edit-users")
api.on_file_service("DELETE", "/delete-image/<id>", permission="edit-users")


def _check_roles(db: Connection, body: UserChanges) -> None:
    """Refuse (400) roles that do not exist, and a role that is both added and removed."""
    known = administration.known_roles(db, [*body.added_roles, *body.removed_roles])
    for field, role_ids in (("added_roles", body.added_roles), ("removed_roles", body.removed_roles)):
        if not known.issuperset(role_ids):
            raise invalid(field, "must be ids of roles that exist")
    if set(body.added_roles) & set(body.removed_roles):
        raise invalid("removed_roles", "must not name a role that is added")

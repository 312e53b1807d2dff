"""Internal routes that file nodes call for profile images. The gateway does not forward clients to them."""

from sqlalchemy import Connection

from shared.errors import FORBIDDEN, UNAVAILABLE
from shared.fields.values import Id
from shared.files.ledger_routes import Nothing, Reserved, ledger_routes
from shared.identity.tokens import Caller
from shared.web.routes import LOGIN, Api
from users.refusals import NO_PICTURE, USER_NOT_FOUND
from users.schemas.internal_files import Target, Upload
from users.store import avatars
from users.store.avatars import Avatar

avatar_api = Api("/internal/files/avatars", tag="Files", caller="files", gone=USER_NOT_FOUND)
admin_api = Api("/internal/files/admin-avatars", tag="Files", caller="files")
ledger_api = Api("/internal/files", tag="Files", caller="files")


@avatar_api.post("/reserve", permission=LOGIN, refuses=[FORBIDDEN, USER_NOT_FOUND])
def reserve(body: Target, caller: Caller, db: Connection) -> Reserved:
    """Reserve a storage key for a picture of the caller."""
    _own(body.id, caller)
    return {"key": avatars.reserve(db, body.id)}


@avatar_api.post("/attach", permission=LOGIN, refuses=[FORBIDDEN, USER_NOT_FOUND, UNAVAILABLE])
def attach(body: Upload, caller: Caller, db: Connection) -> Nothing:
    """Make a stored picture the caller's profile image."""
    _own(body.id, caller)
    avatars.attach(db, body.id, body.key, body)
    return {}


@avatar_api.post("/remove", permission=LOGIN, refuses=[FORBIDDEN, USER_NOT_FOUND, NO_PICTURE])
def remove(body: Target, caller: Caller, db: Connection) -> Nothing:
    """Remove the caller's profile image, or with `edit-users` any user's."""
    if not caller.may("edit-users"):
        _own(body.id, caller)
    avatars.remove(db, body.id)
    return {}


@avatar_api.get("/<id>", permission=None, refuses=[USER_NOT_FOUND])
def find(id: Id, db: Connection) -> Avatar:
    """Return the location of a user's picture."""
    return avatars.avatar(db, id)


@admin_api.post("/reserve", permission="edit-users", refuses=[USER_NOT_FOUND])
def admin_reserve(body: Target, db: Connection) -> Reserved:
    """Reserve a storage key for any user's picture."""
    return {"key": avatars.reserve(db, body.id)}


@admin_api.post("/attach", permission="edit-users", refuses=[USER_NOT_FOUND, UNAVAILABLE])
def admin_attach(body: Upload, db: Connection) -> Nothing:
    """Make a stored picture any user's profile image."""
    avatars.attach(db, body.id, body.key, body)
    return {}


@admin_api.post("/remove", permission="edit-users", refuses=[USER_NOT_FOUND, NO_PICTURE])
def admin_remove(body: Target, db: Connection) -> Nothing:
    """Remove any user's profile image."""
    avatars.remove(db, body.id)
    return {}


ledger_routes(ledger_api, avatars.ledger)


def _own(user_id: int, caller: Caller) -> None:
    if user_id != caller.id:
        raise FORBIDDEN

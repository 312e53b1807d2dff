"""Profile images, as administrators set and remove them."""

from files.intake import take_away, take_in
from files.owners import ADMIN_AVATARS
from files.refusals import BUSY, PROFILE_IMAGE_NOT_FOUND, STORAGE_FULL, USER_NOT_FOUND
from files.routes.user import Portrait
from files.uploads import uploaded
from shared.api import Api
from shared.parsing import Deferred
from shared.tokens import Identity
from shared.values import Id

api = Api("/admin-users", tag="Users")


@api.post(
    "/update-image/<id>",
    needs="edit-users",
    done="Profile image updated successfully",
    refuses=[USER_NOT_FOUND, BUSY, STORAGE_FULL],
)
def update_users_image(id: Id, upload: Deferred[Portrait], identity: Identity) -> None:
    """Replace anybody's profile image."""
    with uploaded(upload) as body:
        take_in(ADMIN_AVATARS, identity, {"id": id}, body.image)


@api.delete(
    "/delete-image/<id>",
    needs="edit-users",
    done="Profile image deleted successfully",
    refuses=[USER_NOT_FOUND, PROFILE_IMAGE_NOT_FOUND],
)
def delete_users_image(id: Id, identity: Identity) -> None:
    """Delete anybody's profile image."""
    take_away(ADMIN_AVATARS, identity, {"id": id})

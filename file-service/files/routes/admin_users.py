"""Management of users' profile images."""

from files.owners.client import ADMIN_AVATARS
from files.pictures.upload import Upload, delete_picture, store_picture
from files.pictures.upload_admission import uploaded
from files.refusals import BUSY, PROFILE_IMAGE_NOT_FOUND, STORAGE_FULL, USER_NOT_FOUND
from files.routes.user import Portrait
from shared.fields.values import Id
from shared.identity.tokens import Identity
from shared.web.parsing import Deferred
from shared.web.routes import Api

api = Api("/admin-users", tag="Users")


@api.post(
    "/update-image/<id>",
    permission="edit-users",
    done="Profile image updated successfully",
    refuses=[USER_NOT_FOUND, BUSY, STORAGE_FULL],
)
def update_users_image(id: Id, upload: Deferred[Portrait], identity: Identity) -> None:
    """Replace the profile image of any user."""
    with uploaded(upload) as body:
        store_picture(Upload(ADMIN_AVATARS, identity, {"id": id}, body.image))


@api.delete(
    "/delete-image/<id>",
    permission="edit-users",
    done="Profile image deleted successfully",
    refuses=[USER_NOT_FOUND, PROFILE_IMAGE_NOT_FOUND],
)
def delete_users_image(id: Id, identity: Identity) -> None:
    """Delete the profile image of any user."""
    delete_picture(ADMIN_AVATARS, identity, {"id": id})

"""Profile images: upload and deletion of one's own, and display of any."""

from flask import Response
from pydantic import BaseModel

from files.default_avatar import default_avatar
from files.owners.client import AVATARS
from files.pictures.serving import CACHE_MINUTE, Version, find, respond_with_picture
from files.pictures.upload import Upload, delete_picture, store_picture
from files.pictures.upload_admission import uploaded
from files.refusals import (
    BUSY,
    NO_PROFILE_IMAGE,
    PROFILE_IMAGE_NOT_FOUND,
    RANGE_NOT_SATISFIABLE,
    STORAGE_FULL,
    USER_NOT_FOUND,
)
from files.rules.encoding import Encoded
from files.rules.object_names import Resolution
from shared.errors import FORBIDDEN, Refusal
from shared.fields.values import Id
from shared.identity.tokens import Caller, Identity
from shared.web.parsing import Deferred
from shared.web.routes import LOGIN, Api

api = Api("/user", tag="File operations", gone=USER_NOT_FOUND)


class Portrait(BaseModel):
    """A profile image."""

    image: Encoded


@api.post(
    "/update-image/<id>",
    permission=LOGIN,
    done="Profile image updated successfully",
    refuses=[FORBIDDEN, USER_NOT_FOUND, BUSY, STORAGE_FULL],
)
def update_image(id: Id, upload: Deferred[Portrait], caller: Caller, identity: Identity) -> None:
    """Replace one's own profile image.

    Administrators replace other users' profile images at `/admin-users/update-image/`.
    """
    if id != caller.id:
        raise FORBIDDEN
    with uploaded(upload) as body:
        store_picture(Upload(AVATARS, identity, {"id": id}, body.image))


@api.delete(
    "/delete-image/<id>",
    permission=LOGIN,
    done="Profile image deleted successfully",
    refuses=[FORBIDDEN, USER_NOT_FOUND, NO_PROFILE_IMAGE],
)
def delete_image(id: Id, identity: Identity) -> None:
    """Delete one's own profile image, or with `edit-users` that of any user.

    Answers 500 if there is none, as documented.
    """
    try:
        delete_picture(AVATARS, identity, {"id": id})
    except Refusal as refusal:
        if refusal.text == PROFILE_IMAGE_NOT_FOUND.text:
            raise NO_PROFILE_IMAGE from None
        raise


@api.get("/avatar/<id>/<res>", permission=None, refuses=[USER_NOT_FOUND, RANGE_NOT_SATISFIABLE])
def avatar(id: Id, query: Version, identity: Identity, res: Resolution = "scaled") -> Response:
    """Show a user's profile image, or a default picture if there is none.

    The format is AVIF if the client accepts it and it is encoded already, otherwise WebP. An external profile
    image answers 302 with its URL. `res` defaults to `scaled`. Without the current `hash` the response may be
    some seconds behind a change.
    """
    target = {"id": id}
    found = find(AVATARS, identity, target, query)
    if found["key"]:
        return respond_with_picture(AVATARS, identity, target, res, query, USER_NOT_FOUND)
    return _redirect(found["url"]) if found.get("url") else default_avatar(res)


def _redirect(url: str) -> Response:
    return Response(status=302, headers={"Location": url, "Cache-Control": CACHE_MINUTE})

"""Upload, recropping and deletion of covers."""

from typing import Literal

from flask import Response
from pydantic import BaseModel

from files.owners.client import COVERS
from files.pictures.serving import respond_with_original
from files.pictures.upload import Upload, delete_picture, recrop, store_picture
from files.pictures.upload_admission import uploaded
from files.refusals import (
    BUSY,
    COVER_NOT_FOUND,
    COVER_REPLACED,
    NO_ORIGINAL,
    ORIGINAL_NOT_FOUND,
    RANGE_NOT_SATISFIABLE,
    STORAGE_FULL,
    VOLUME_NOT_FOUND,
)
from files.rules.crop import Crop
from files.rules.encoding import Encoded
from files.runtime import current_runtime
from shared.fields.values import Clearable, Id
from shared.identity.tokens import Identity
from shared.web.parsing import Deferred
from shared.web.routes import Api

CoverType = Literal["front", "back", "spine"]

api = Api("/admin-volumes", tag="Volume management")


class Cover(BaseModel):
    """A picture of one side of a volume."""

    image: Encoded
    crop: Clearable[Crop] = None


class NewCrop(BaseModel):
    """A new crop of the original picture."""

    crop: Crop


@api.post(
    "/update-image/<id>/<type>",
    permission="edit-volumes",
    done="Updated cover",
    refuses=[VOLUME_NOT_FOUND, BUSY, STORAGE_FULL],
    failed="Could not update cover",
)
def update_cover(id: Id, type: CoverType, upload: Deferred[Cover], identity: Identity) -> None:
    """Replace a cover.

    The picture is turned upright, cropped to `crop`, converted to sRGB and stored as WebP in two sizes (at
    most 2000 and 400 pixels a side), on a white background and without metadata.
    """
    with uploaded(upload) as body:
        target = {"id": id, "type": type}
        store_picture(Upload(COVERS, identity, target, body.image, body.crop, opaque=True))


@api.post(
    "/recrop-image/<id>/<type>",
    permission="edit-volumes",
    done="Updated cover",
    refuses=[VOLUME_NOT_FOUND, COVER_NOT_FOUND, NO_ORIGINAL, COVER_REPLACED, BUSY, STORAGE_FULL],
    failed="Could not update cover",
)
def recrop_cover(id: Id, type: CoverType, body: NewCrop, identity: Identity) -> None:
    """Crop a cover again from the picture that was uploaded.

    `crop` is in pixels of that picture, upright, which `/admin-volumes/original-image/` shows. 409 `Original
    not kept` if the cover was uploaded before originals were stored, and 409 `Conflict` if the cover was
    replaced meanwhile.
    """
    target = {"id": id, "type": type}
    key = COVERS.find(current_runtime().clients, identity, target)["key"]
    with current_runtime().slots.one():
        recrop(COVERS, identity, target, key, body.crop)


@api.get(
    "/original-image/<id>/<type>",
    permission="edit-volumes",
    refuses=[VOLUME_NOT_FOUND, COVER_NOT_FOUND, ORIGINAL_NOT_FOUND, RANGE_NOT_SATISFIABLE],
)
def original_of_cover(id: Id, type: CoverType, identity: Identity) -> Response:
    """Show the picture that a cover was cropped from, without its metadata: JPEG, PNG or WebP.

    `crop` of `/admin-volumes/recrop-image/` is in pixels of this picture as browsers show it, upright. 404
    `Original not found` if the cover was uploaded before originals were stored.
    """
    return respond_with_original(
        COVERS.find(current_runtime().clients, identity, {"id": id, "type": type})["key"]
    )


@api.delete(
    "/delete-image/<id>/<type>",
    permission="edit-volumes",
    done="Deleted cover",
    refuses=[VOLUME_NOT_FOUND, COVER_NOT_FOUND],
    failed="Could not delete cover",
)
def delete_cover(id: Id, type: CoverType, identity: Identity) -> None:
    """Delete a cover and its files."""
    delete_picture(COVERS, identity, {"id": id, "type": type})

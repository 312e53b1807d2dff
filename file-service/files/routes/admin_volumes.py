"""Covers: uploading and deleting them."""

from typing import Literal

from pydantic import BaseModel

from files.intake import cut_again, take_away, take_in
from files.node import here
from files.owners import COVERS
from files.refusals import (
    BUSY,
    COVER_NOT_FOUND,
    COVER_REPLACED,
    NO_ORIGINAL,
    STORAGE_FULL,
    VOLUME_NOT_FOUND,
)
from files.rules.crop import Crop
from files.rules.encoding import Encoded
from shared.api import Api
from shared.parsing import Deferred
from shared.tokens import Identity
from shared.values import Clearable, Id

CoverType = Literal["front", "back", "spine"]

api = Api("/admin-volumes", tag="Volume management")


class Cover(BaseModel):
    """A picture of one side of a volume."""

    image: Encoded
    crop: Clearable[Crop] = None


class NewCrop(BaseModel):
    """Which part of the picture is to be kept now."""

    crop: Crop


@api.post(
    "/update-image/<id>/<type>",
    needs="edit-volumes",
    done="Updated cover",
    refuses=[VOLUME_NOT_FOUND, BUSY, STORAGE_FULL],
    failed="Could not update cover",
)
def update_cover(id: Id, type: CoverType, upload: Deferred[Cover], identity: Identity) -> None:
    """Replace a cover.

    The picture is turned upright, cut to `crop`, converted to sRGB and stored as WebP in two sizes (at most 2000
    and 400 pixels a side), with white where it is transparent and without any metadata.
    """
    with here().slots.one():
        body = upload.read()
        take_in(COVERS, identity, {"id": id, "type": type}, body.image, crop=body.crop, opaque=True)


@api.post(
    "/recrop-image/<id>/<type>",
    needs="edit-volumes",
    done="Updated cover",
    refuses=[VOLUME_NOT_FOUND, COVER_NOT_FOUND, NO_ORIGINAL, COVER_REPLACED, BUSY, STORAGE_FULL],
    failed="Could not update cover",
)
def recrop_cover(id: Id, type: CoverType, body: NewCrop, identity: Identity) -> None:
    """Cut a cover anew from the picture that was uploaded, which is kept as it was, upright.

    `crop` is in pixels of that picture. 409 `Original not kept` where the cover was uploaded before originals were
    kept, and 409 `Conflict` where another cover came meanwhile.
    """
    target = {"id": id, "type": type}
    key = COVERS.find(here().peers, identity, target)["key"]
    with here().slots.one():
        cut_again(COVERS, identity, target, key, body.crop)


@api.delete(
    "/delete-image/<id>/<type>",
    needs="edit-volumes",
    done="Deleted cover",
    refuses=[VOLUME_NOT_FOUND, COVER_NOT_FOUND],
    failed="Could not delete cover",
)
def delete_cover(id: Id, type: CoverType, identity: Identity) -> None:
    """Delete a cover and its files."""
    take_away(COVERS, identity, {"id": id, "type": type})

"""Request bodies of file nodes."""

from typing import Annotated

from pydantic import BaseModel, Field

from catalog.rules.covers import CoverType
from shared.fields.picture_preview import PicturePreview
from shared.fields.values import Id, Number
from shared.files.ledger_routes import Key


class Cover(BaseModel):
    """A side of a volume."""

    id: Id
    type: CoverType


class StoredCover(Cover, PicturePreview):
    """A picture whose bytes are on storage, to be a volume's cover."""

    key: Key
    aspect_ratio: Annotated[Number, Field(gt=0)]
    instead_of: Key | None = None
    """The cover it was made of: where that is no longer the volume's, neither is this to be."""

"""Request bodies of the internal routes for the file service."""

from typing import Annotated

from pydantic import BaseModel, Field

from catalog.rules.covers import CoverType
from shared.fields.picture_preview import PicturePreview
from shared.fields.values import Id, Number
from shared.files.ledger_routes import Key


class Cover(BaseModel):
    """A cover, identified by volume and side."""

    id: Id
    type: CoverType


class StoredCover(Cover, PicturePreview):
    """A stored picture to be set as a volume's cover."""

    key: Key
    aspect_ratio: Annotated[Number, Field(gt=0)]
    instead_of: Key | None = None
    """The key that must be the volume's current cover; otherwise the request is refused."""

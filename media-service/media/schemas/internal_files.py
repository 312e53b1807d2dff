"""Request bodies of the internal routes for the file service."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from media.rules.hash_bands import stored_hash
from shared.fields.picture_preview import PicturePreview
from shared.fields.tags import Tags
from shared.fields.values import Id, Name
from shared.files.ledger_routes import Key

Pixels = Annotated[Id, Field(le=2**31 - 1)]


class NewMedia(BaseModel):
    """Name and tags of a new entry."""

    name: Name
    tags: Tags


class StoredMedia(NewMedia, PicturePreview):
    """A stored picture to be added to the library."""

    key: Key
    width: Pixels
    height: Pixels
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    phash: Annotated[str, Field(pattern="^[0-9a-f]{16}$")] | None = None

    def facts(self) -> dict[str, Any]:
        """Return the picture's properties, by column name of ``media``."""
        facts = self.model_dump(include={"width", "height", "placeholder", "color", "sha256"})
        return facts | {"phash": stored_hash(self.phash) if self.phash else None}


class MediaReference(BaseModel):
    """Identifies an entry."""

    id: Id

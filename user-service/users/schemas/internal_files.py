"""Request bodies of file nodes."""

from pydantic import BaseModel

from shared.fields.picture_preview import PicturePreview
from shared.fields.values import Id
from shared.files.ledger_routes import Key


class Target(BaseModel):
    """Whose picture."""

    id: Id


class Upload(Target, PicturePreview):
    """Whose picture, the key under which it has been stored, and what it looks like."""

    key: Key

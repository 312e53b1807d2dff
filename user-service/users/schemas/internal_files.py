"""Bodies of the internal requests that file nodes send."""

from pydantic import BaseModel

from shared.fields.picture_preview import PicturePreview
from shared.fields.values import Id
from shared.files.ledger_routes import Key


class Target(BaseModel):
    """The id of the user whose picture it is."""

    id: Id


class Upload(Target, PicturePreview):
    """A stored picture: its user, its storage key and its preview."""

    key: Key

"""What the file service asks about covers: who may, which key, what to sweep."""

from typing import Annotated

from pydantic import BaseModel, Field
from sqlalchemy import Connection

from catalog.refusals import COVER_NOT_FOUND, COVER_REPLACED, VOLUME_NOT_FOUND
from catalog.rules.covers import CoverType
from catalog.store import files
from catalog.store.files import FoundCover, StoredPicture
from shared.api import Api
from shared.looks import Looks
from shared.refusals import UNAVAILABLE
from shared.sweeping import Key, Nothing, Reserved, sweep_routes
from shared.values import Id, Number

api = Api("/internal/files", caller="files", tag="Files")

sweep_routes(api, files.ledger)


class Cover(BaseModel):
    """A side of a volume."""

    id: Id
    type: CoverType


class StoredCover(Cover, Looks):
    """A picture whose bytes are on storage, to be a volume's cover."""

    key: Key
    aspect_ratio: Annotated[Number, Field(gt=0)]
    instead_of: Key | None = None
    """The cover it was made of: where that is no longer the volume's, neither is this to be."""


@api.post("/covers/reserve", needs="edit-volumes", refuses=[VOLUME_NOT_FOUND])
def reserve_cover(body: Cover, db: Connection) -> Reserved:
    """Write down a key, before its first byte is stored."""
    return {"key": files.reserve(db, body.id)}


@api.post("/covers/attach", needs="edit-volumes", refuses=[VOLUME_NOT_FOUND, COVER_REPLACED, UNAVAILABLE])
def attach_cover(body: StoredCover, db: Connection) -> Nothing:
    """Make a stored picture the volume's cover."""
    cover = StoredPicture(body.key, body.aspect_ratio, body.placeholder, body.color)
    files.attach(db, body.id, body.type, cover, instead_of=body.instead_of)
    return {}


@api.post("/covers/remove", needs="edit-volumes", refuses=[VOLUME_NOT_FOUND, COVER_NOT_FOUND])
def remove_cover(body: Cover, db: Connection) -> Nothing:
    """Take a cover away."""
    files.remove(db, body.id, body.type)
    return {}


@api.get("/covers/<id>/<type>", needs=None, refuses=[VOLUME_NOT_FOUND, COVER_NOT_FOUND])
def cover(id: Id, type: CoverType, db: Connection) -> FoundCover:
    """Tell under which key a cover is stored, and whether its volume is hidden."""
    return files.find(db, id, type)

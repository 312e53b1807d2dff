"""What the file service asks about media: who may, which key, what to sweep."""

from typing import Annotated, Any

from pydantic import BaseModel, Field
from sqlalchemy import Connection

from media.presenters import Created
from media.refusals import MEDIA_NOT_FOUND
from media.rules.likeness import stored_hash
from media.store import library, likeness
from shared.api import Api
from shared.looks import Looks
from shared.refusals import UNAVAILABLE
from shared.sweeping import Key, Nothing, Reserved, sweep_routes
from shared.tags import Tags
from shared.values import Id, Name

api = Api("/internal/files", caller="files", tag="Files")
sweep_routes(api, library.ledger)

Pixels = Annotated[Id, Field(le=2**31 - 1)]


class NewMedia(BaseModel):
    """What an entry is to be called and filed under."""

    name: Name
    tags: Tags


class StoredMedia(NewMedia, Looks):
    """A picture whose bytes are on storage, to be an entry of the library."""

    key: Key
    width: Pixels
    height: Pixels
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    phash: Annotated[str, Field(pattern="^[0-9a-f]{16}$")] | None = None

    def facts(self) -> dict[str, Any]:
        """What the picture is like, as it is stored."""
        facts = self.model_dump(include={"width", "height", "placeholder", "color", "sha256"})
        return facts | {"phash": stored_hash(self.phash) if self.phash else None}


class MediaReference(BaseModel):
    """Which entry."""

    id: Id


@api.post("/media/reserve", needs="add-media")
def reserve_media(body: NewMedia, db: Connection) -> Reserved:  # noqa: ARG001  # read: it must be usable
    """Write down a key, before its first byte is stored."""
    return {"key": library.ledger.reserve(db)}


@api.post("/media/attach", needs="add-media", refuses=[UNAVAILABLE])
def attach_media(body: StoredMedia, db: Connection) -> Created:
    """Make a stored picture an entry of the library, and tell which entries show it already."""
    facts = body.facts()
    media_id = library.add(db, body.key, body.name, body.tags, facts)
    known = likeness.Print(facts["sha256"], facts["phash"])
    return {"id": media_id, "similar": likeness.similar_ids(db, media_id, known)}


@api.post("/media/remove", needs="delete-media", refuses=[MEDIA_NOT_FOUND])
def remove_media(body: MediaReference, db: Connection) -> Nothing:
    """Remove an entry; its picture is swept up."""
    library.remove(db, body.id)
    return {}


@api.get("/media/<id>", needs=None, refuses=[MEDIA_NOT_FOUND])
def media_picture(id: Id, db: Connection) -> Reserved:
    """Tell under which key an entry's picture is stored."""
    return {"key": library.picture(db, id)}

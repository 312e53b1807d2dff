"""What the file service asks about media: who may, which key, what to sweep."""

from sqlalchemy import Connection

from media.presenters import Created
from media.refusals import MEDIA_NOT_FOUND
from media.schemas.internal_files import MediaReference, NewMedia, StoredMedia
from media.store import library, similarity
from shared.errors import UNAVAILABLE
from shared.fields.values import Id
from shared.files.ledger_routes import Nothing, Reserved, ledger_routes
from shared.web.routes import Api

api = Api("/internal/files", caller="files", tag="Files")
ledger_routes(api, library.ledger)


@api.post("/media/reserve", permission="add-media")
def reserve_media(body: NewMedia, db: Connection) -> Reserved:  # noqa: ARG001  # read: it must be usable
    """Write down a key, before its first byte is stored."""
    return {"key": library.ledger.reserve(db)}


@api.post("/media/attach", permission="add-media", refuses=[UNAVAILABLE])
def attach_media(body: StoredMedia, db: Connection) -> Created:
    """Make a stored picture an entry of the library, and tell which entries show it already."""
    facts = body.facts()
    media_id = library.add(db, body.key, body.name, body.tags, facts)
    known = similarity.Fingerprint(facts["sha256"], facts["phash"])
    return {"id": media_id, "similar": similarity.similar_ids(db, media_id, known)}


@api.post("/media/remove", permission="delete-media", refuses=[MEDIA_NOT_FOUND])
def remove_media(body: MediaReference, db: Connection) -> Nothing:
    """Remove an entry; its picture is swept up."""
    library.remove(db, body.id)
    return {}


@api.get("/media/<id>", permission=None, refuses=[MEDIA_NOT_FOUND])
def media_picture(id: Id, db: Connection) -> Reserved:
    """Tell under which key an entry's picture is stored."""
    return {"key": library.picture(db, id)}

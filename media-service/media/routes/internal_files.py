"""Internal routes for the file service: media permissions, media keys and the file ledger."""

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
def reserve_media(body: NewMedia, db: Connection) -> Reserved:  # noqa: ARG001  # declared so that it is validated
    """Reserve a storage key, before any byte is stored under it."""
    return {"key": library.ledger.reserve(db)}


@api.post("/media/attach", permission="add-media", refuses=[UNAVAILABLE])
def attach_media(body: StoredMedia, db: Connection) -> Created:
    """Add a stored picture to the library, and return the entries that are similar to it."""
    facts = body.facts()
    media_id = library.add(db, body.key, body.name, body.tags, facts)
    known = similarity.Fingerprint(facts["sha256"], facts["phash"])
    return {"id": media_id, "similar": similarity.similar_ids(db, media_id, known)}


@api.post("/media/remove", permission="delete-media", refuses=[MEDIA_NOT_FOUND])
def remove_media(body: MediaReference, db: Connection) -> Nothing:
    """Remove an entry; the sweeper deletes its files later."""
    library.remove(db, body.id)
    return {}


@api.get("/media/<id>", permission=None, refuses=[MEDIA_NOT_FOUND])
def media_picture(id: Id, db: Connection) -> Reserved:
    """Return the storage key of an entry's picture."""
    return {"key": library.picture(db, id)}

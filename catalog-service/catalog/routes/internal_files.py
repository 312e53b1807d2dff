"""Internal routes for the file service: cover permissions, cover keys and the file ledger."""

from sqlalchemy import Connection

from catalog.refusals import COVER_NOT_FOUND, COVER_REPLACED, VOLUME_NOT_FOUND
from catalog.rules.covers import CoverType
from catalog.schemas.internal_files import Cover, StoredCover
from catalog.store import files
from catalog.store.files import FoundCover, StoredPicture
from shared.errors import UNAVAILABLE
from shared.fields.values import Id
from shared.files.ledger_routes import Nothing, Reserved, ledger_routes
from shared.web.routes import Api

api = Api("/internal/files", caller="files", tag="Files")

ledger_routes(api, files.ledger)


@api.post("/covers/reserve", permission="edit-volumes", refuses=[VOLUME_NOT_FOUND])
def reserve_cover(body: Cover, db: Connection) -> Reserved:
    """Reserve a storage key, before any byte is stored under it."""
    return {"key": files.reserve(db, body.id)}


@api.post(
    "/covers/attach", permission="edit-volumes", refuses=[VOLUME_NOT_FOUND, COVER_REPLACED, UNAVAILABLE]
)
def attach_cover(body: StoredCover, db: Connection) -> Nothing:
    """Set a stored picture as the volume's cover."""
    cover = StoredPicture(body.key, body.aspect_ratio, body.placeholder, body.color)
    files.attach(db, body.id, body.type, cover, instead_of=body.instead_of)
    return {}


@api.post("/covers/remove", permission="edit-volumes", refuses=[VOLUME_NOT_FOUND, COVER_NOT_FOUND])
def remove_cover(body: Cover, db: Connection) -> Nothing:
    """Remove a cover."""
    files.remove(db, body.id, body.type)
    return {}


@api.get("/covers/<id>/<type>", permission=None, refuses=[VOLUME_NOT_FOUND, COVER_NOT_FOUND])
def cover(id: Id, type: CoverType, db: Connection) -> FoundCover:
    """Return the storage key of a cover, and whether its volume is hidden."""
    return files.find(db, id, type)

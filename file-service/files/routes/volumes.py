"""Display of covers."""

from flask import Response

from files.owners.client import COVERS
from files.pictures.serving import Version, respond_with_picture
from files.refusals import COVER_NOT_FOUND, RANGE_NOT_SATISFIABLE
from files.routes.admin_volumes import CoverType
from files.rules.object_names import Resolution
from shared.errors import Refusal
from shared.fields.values import Id
from shared.identity.tokens import Identity
from shared.web.routes import Api

api = Api("/volumes", tag="Volumes")


@api.get("/cover/<id>/<type>/<res>", permission=None, refuses=[COVER_NOT_FOUND, RANGE_NOT_SATISFIABLE])
def cover(
    id: Id, type: CoverType, query: Version, identity: Identity, res: Resolution = "scaled"
) -> Response:
    """Show a cover.

    The format is AVIF if the client accepts it and it is encoded already, otherwise WebP. `res` defaults to
    `scaled`. The cover of a hidden volume (see `/volumes/slug/`) answers 404 to every caller, unless `hash`
    is its current key, which the volume's documents contain in `cover_path`; cookies are not read. An unknown
    volume answers `Cover not found` too.
    """
    try:
        return respond_with_picture(COVERS, identity, {"id": id, "type": type}, res, query, COVER_NOT_FOUND)
    except Refusal as refusal:
        # The owner distinguishes an unknown volume from one without a cover; readers get the same 404.
        if refusal.status == COVER_NOT_FOUND.status:
            raise COVER_NOT_FOUND from None
        raise

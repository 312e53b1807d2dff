"""Covers: showing them."""

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
    """Show a cover, as AVIF to those who accept it and once that has been made, else as WebP.

    `res` may be left out: `scaled`. The cover of a hidden volume (see `/volumes/slug/`) is not found, whoever asks,
    unless `hash` is its present key, which the volume's documents name in `cover_path`: no cookie is looked at. An
    unknown volume has no cover either.
    """
    try:
        return respond_with_picture(COVERS, identity, {"id": id, "type": type}, res, query, COVER_NOT_FOUND)
    except Refusal as refusal:
        # The owner tells a volume that is not there from one without a cover: to others both are alike.
        if refusal.status == COVER_NOT_FOUND.status:
            raise COVER_NOT_FOUND from None
        raise

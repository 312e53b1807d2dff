"""Covers: showing them."""

from flask import Response

from files.owners import COVERS
from files.refusals import COVER_NOT_FOUND, RANGE_NOT_SATISFIABLE, VOLUME_NOT_FOUND
from files.routes.admin_volumes import CoverType
from files.rules.stored import Resolution
from files.serving import Version, show
from shared.api import Api
from shared.tokens import Identity
from shared.values import Id

api = Api("/volumes", tag="Volumes")


@api.get(
    "/cover/<id>/<type>/<res>", needs=None, refuses=[VOLUME_NOT_FOUND, COVER_NOT_FOUND, RANGE_NOT_SATISFIABLE]
)
def cover(
    id: Id, type: CoverType, query: Version, identity: Identity, res: Resolution = "scaled"
) -> Response:
    """Show a cover, as AVIF to those who accept it and once that has been made, else as WebP.

    `res` may be left out: `scaled`. Without a right `hash` the answer may be some seconds behind a change.
    """
    return show(COVERS, identity, {"id": id, "type": type}, res, query, COVER_NOT_FOUND)

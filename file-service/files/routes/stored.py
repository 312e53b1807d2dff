"""Stored pictures by the paths that documents contain (`cover_path`, `path`, `profile_image`)."""

from flask import Response

from files.pictures.serving import CACHE_YEAR, open_stored, respond
from files.refusals import RANGE_NOT_SATISFIABLE
from files.rules.object_names import is_for_readers, is_key
from shared.errors import NOT_FOUND
from shared.web.routes import Api

api = Api("/files", tag="Pictures")


@api.get("/<key>/<name>", permission=None, refuses=[NOT_FOUND, RANGE_NOT_SATISFIABLE])
def stored_picture(key: str = "", name: str = "") -> Response:
    """Show a stored picture.

    The content of a path never changes, so the response may be cached for a year. `name` is `high.webp` or
    `scaled.webp`, or `high.avif` or `scaled.avif` once AVIF has been encoded. Any other name answers 404.
    """
    picture = open_stored(key, name) if is_for_readers(name) and is_key(key) else None
    if picture is None:
        raise NOT_FOUND
    return respond(picture, key, name, CACHE_YEAR)

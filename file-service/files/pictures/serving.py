"""Responses with pictures: conditional requests, ranges and cache headers."""

import os
from collections.abc import Mapping
from typing import Any, BinaryIO

from flask import Response, request
from pydantic import BaseModel, Field
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wsgi import FileWrapper, wrap_file

from files.owners.client import Owner
from files.owners.lookup_cache import Found, is_version
from files.refusals import ORIGINAL_NOT_FOUND, RANGE_NOT_SATISFIABLE
from files.rules.negotiation import accepts_avif
from files.rules.object_names import Resolution, file_name, type_of
from files.rules.stored_picture import ORIGINALS
from files.runtime import current_runtime
from files.store.availability import storage_answers
from shared.errors import Refusal
from shared.identity.tokens import Identity

CACHE_YEAR = "public, max-age=31536000, immutable"
CACHE_MINUTE = "public, max-age=60"
_NO_SHARED_CACHE = "private, no-cache"
"""Only the client may cache it, and it must revalidate before each use."""
_CONDITIONAL_HEADERS = frozenset({"If-None-Match", "If-Modified-Since", "Range"})
_BLOCK = 64 * 1024


class Version(BaseModel):
    """The version of a picture that the client requests."""

    hash: str = Field(
        default="",
        description="The current version (the first part of the stored path; for avatars also `image_version`). "
        "With it the response may be cached for a year, otherwise for a minute.",
    )


def find(
    owner: Owner, identity: Identity, target: Mapping[str, Any], version: Version, *, refresh: bool = False
) -> Found:
    """Return the owner's answer about the picture of ``target``, bypassing the cache if ``refresh``."""
    runtime, picture_owner = current_runtime(), owner.picture_owner(target)
    if refresh:
        runtime.lookups.forget(picture_owner)
    return runtime.lookups.find(
        picture_owner, version.hash, lambda: owner.find(runtime.clients, identity, target)
    )


def respond_with_picture(
    owner: Owner,
    identity: Identity,
    target: Mapping[str, Any],
    resolution: Resolution,
    version: Version,
    missing: Refusal,
) -> Response:
    """Return a response with the picture of ``target``, as AVIF if the client accepts it and it is encoded.

    A hidden picture is served only to clients that send its key, which only authorised documents contain.

    A picture may be replaced and deleted between the owner's answer and the opening of the file; the owner is
    then queried a second time. Raises ``missing`` if there is no picture.
    """
    for refresh in (False, True):
        found = find(owner, identity, target, version, refresh=refresh)
        named = is_version(version.hash, found)
        if not found["key"] or (found.get("hidden", False) and not named):
            break
        shown = _best(owner, found["key"], resolution)
        if shown is not None:
            picture, name, final = shown
            response = respond(picture, found["key"], name, CACHE_YEAR if named and final else CACHE_MINUTE)
            response.vary.add("Accept")
            return response
    raise missing


def _best(owner: Owner, key: str, resolution: Resolution) -> tuple[BinaryIO, str, bool] | None:
    """Return the best file for the client, its name, and False if AVIF is still being encoded."""
    avif, webp = file_name(resolution, "avif"), file_name(resolution)
    wanted = accepts_avif(request.headers.get("Accept", ""))
    picture = open_stored(key, avif) if wanted else None
    if picture is not None:
        return picture, avif, True
    picture = open_stored(key, webp)
    if picture is None:
        return None
    return picture, webp, not (wanted and current_runtime().avif_queue.enqueue(owner.service, key))


def respond_with_original(key: str) -> Response:
    """Return a response with the original of picture ``key``. Raises 404 if it is not stored."""
    for name in ORIGINALS:
        picture = open_stored(key, name)
        if picture is not None:
            return respond(picture, key, name, _NO_SHARED_CACHE)
    raise ORIGINAL_NOT_FOUND


def open_stored(key: str, name: str) -> BinaryIO | None:
    """Return an open file of picture ``key``, or None if it does not exist.

    Raises 503 if storage is unavailable.

    For HEAD, conditional and range requests no bytes are fetched before they are read.
    """
    partly = request.method == "HEAD" or not _CONDITIONAL_HEADERS.isdisjoint(request.headers.keys())
    with storage_answers():
        return current_runtime().storage.open(key, name, whole=not partly)


def respond(picture: BinaryIO, key: str, name: str, caching: str) -> Response:
    """Return a response with an open file, or the requested ranges of it.

    ``caching`` is the value of Cache-Control.
    """
    length = picture.seek(0, os.SEEK_END)
    picture.seek(0)
    # The server's wrapper can use sendfile, but cannot start in the middle of a file.
    wrapped = FileWrapper(picture, _BLOCK) if request.range else wrap_file(request.environ, picture, _BLOCK)
    response = Response(wrapped, mimetype=type_of(name), direct_passthrough=True)
    response.content_length = length
    response.headers["Cache-Control"] = caching
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.set_etag(f"{key}-{name.removesuffix('.webp')}")
    try:
        response.make_conditional(request, accept_ranges=True, complete_length=length)
    except RequestedRangeNotSatisfiable:
        response.close()
        raise RANGE_NOT_SATISFIABLE.with_headers({"Content-Range": f"bytes */{length}"}) from None
    return response

"""Pictures as answers: conditional, in ranges, cached for as long as their address stays true."""

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
"""Kept by nobody but the client, who asks each time whether it is still the one."""
_PARTLY = frozenset({"If-None-Match", "If-Modified-Since", "Range"})
_BLOCK = 64 * 1024


class Version(BaseModel):
    """Which version of a picture the client means."""

    hash: str = Field(
        default="",
        description="The current version (the first part of its stored path; for avatars also `image_version`): "
        "the answer may then be kept for a year, else for a minute.",
    )


def find(
    owner: Owner, identity: Identity, target: Mapping[str, Any], version: Version, *, refresh: bool = False
) -> Found:
    """Return what ``owner`` says about the picture of ``target``, ``anew`` or as it said not long ago."""
    node, owner_of_picture = current_runtime(), owner.picture_owner(target)
    if refresh:
        node.lookups.forget(owner_of_picture)
    return node.lookups.find(
        owner_of_picture, version.hash, lambda: owner.find(node.clients, identity, target)
    )


def respond_with_picture(
    owner: Owner,
    identity: Identity,
    target: Mapping[str, Any],
    resolution: Resolution,
    version: Version,
    missing: Refusal,
) -> Response:
    """Answer the picture of ``target``, as AVIF where the client takes that and it has been made.

    A hidden one is answered only to who names its key, which proves that they may see it.

    A picture may be replaced, and its bytes swept up, between the owner's answer and the opening of the file: the
    owner is then asked once more. Refuses with ``missing`` where there are no bytes again.
    """
    for anew in (False, True):
        found = find(owner, identity, target, version, refresh=anew)
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
    """Return what the client is best served with: open, its name, and whether nothing better is being made."""
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
    """Answer what the picture ``key`` was made of; refuses (404) where that was not kept."""
    for name in ORIGINALS:
        picture = open_stored(key, name)
        if picture is not None:
            return respond(picture, key, name, _NO_SHARED_CACHE)
    raise ORIGINAL_NOT_FOUND


def open_stored(key: str, name: str) -> BinaryIO | None:
    """Return a stored picture, None where it is not there; refuses (503) where storage does not answer.

    Of one that the client may have already, or wants a part of, nothing is fetched beforehand.
    """
    partly = request.method == "HEAD" or not _PARTLY.isdisjoint(request.headers.keys())
    with storage_answers():
        return current_runtime().storage.open(key, name, whole=not partly)


def respond(picture: BinaryIO, key: str, name: str, caching: str) -> Response:
    """Answer an open picture, or as much of it as is asked for; ``caching`` is for how long and by whom to be kept."""
    length = picture.seek(0, os.SEEK_END)
    picture.seek(0)
    # The server's own wrapper can let the kernel send a file, but cannot begin in the middle.
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

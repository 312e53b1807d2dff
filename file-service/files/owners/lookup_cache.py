"""Cache of the owners' answers about pictures, so that many readers of one picture cause few calls.

Without a version in the request, an answer is valid for ``FRESH`` seconds. For that time a node may serve a
picture that was replaced or deleted through another node or by its owner. Changes through this node
invalidate the entry at once.

With a version in the request, a cached answer of that version is valid for as long as it is cached: a key
belongs to one volume, entry or user for ever, and the bytes of an unused key are deleted by the next sweep. A
cached answer of another version is not used, because the client may know a newer version that was just
written through another node.

An answer that contains ``hidden`` is used only for requests that name its version, so hiding a picture takes
effect with the next request. A client that knows the key of a picture may see it, hidden or not.
"""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from cachetools import TTLCache

FRESH = 2.0
"""Validity of an answer without a version, in seconds."""
REMEMBERED = 3600.0
"""Maximum age of an entry, in seconds."""
_MAX = 20_000
"""Maximum number of entries; they take some ten megabytes."""

Found = Mapping[str, Any]
"""An owner's answer about a picture: ``key`` (null without a picture), and for some owners ``hidden``."""


class PictureOwner(NamedTuple):
    """Cache key of a picture: the owning service and the identifying fields of the target."""

    service: str
    parts: tuple[str, ...]


class _Entry(NamedTuple):
    found: Found
    since: float


class LookupCache:
    """Owners' answers by ``PictureOwner``. Thread-safe."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._entries: TTLCache[PictureOwner, _Entry] = TTLCache(_MAX, REMEMBERED, clock)
        self._forgotten = 0
        self._lock = threading.Lock()

    def find(self, picture_owner: PictureOwner, version: str, ask: Callable[[], Found]) -> Found:
        """Return the answer about a picture from the cache, or from ``ask`` if no cached answer is valid.

        ``version`` is the version that the client requests; empty if it names none.
        """
        with self._lock:
            known, forgotten = self._entries.get(picture_owner), self._forgotten
        if known and (is_version(version, known.found) if version else self._is_fresh(known)):
            return known.found
        found = ask()
        with self._lock:
            # An entry was invalidated during the call, so this answer may be outdated: do not cache it.
            if forgotten == self._forgotten:
                self._entries[picture_owner] = _Entry(found, self._clock())
        return found

    def _is_fresh(self, known: _Entry) -> bool:
        return "hidden" not in known.found and self._clock() - known.since < FRESH

    def forget(self, picture_owner: PictureOwner) -> None:
        """Invalidate the answer about a picture, because it changes."""
        with self._lock:
            self._forgotten += 1
            self._entries.pop(picture_owner, None)


def is_version(version: str, found: Found) -> bool:
    """Return whether a client's ``?hash=`` is the picture's key or its ``image_version``."""
    return version != "" and version in (found["key"], str(found.get("image_version", "")))

"""What owners said about pictures, remembered for a moment: a million readers of one cover are a few questions.

An answer counts for ``FRESH`` seconds: so long may a node still show a picture that was replaced or deleted through
another one, or by its owner. What goes through this node is forgotten at once.

Where the client names the version it means, an answer that is of this version counts as long as it is remembered. A key
belongs to one volume, entry or user for ever, so that what was learned once stays true; and a key that nobody refers to
any more loses its bytes to the next sweep, whoever remembers it. An answer that is of another version counts for
nothing: the client has read of a newer one, written through another node a moment ago.

An answer that says whether the picture is ``hidden`` counts only for who names its version: hidden is what it is from
the next request on. Who names the key of a picture may see it, hidden or not.
"""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from cachetools import TTLCache

FRESH = 2.0
"""Seconds."""
REMEMBERED = 3600.0
"""Seconds."""
_MAX = 20_000
"""Pictures; some ten megabytes."""

Found = Mapping[str, Any]
"""What an owner says about a picture: its ``key``, null where there is none, and perhaps if it is ``hidden``."""


class PictureOwner(NamedTuple):
    """What a picture hangs on: whose it is, and which of theirs."""

    service: str
    parts: tuple[str, ...]


class _Entry(NamedTuple):
    found: Found
    since: float


class LookupCache:
    """The answers of owners, by place."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._entries: TTLCache[PictureOwner, _Entry] = TTLCache(_MAX, REMEMBERED, clock)
        self._forgotten = 0
        self._lock = threading.Lock()

    def find(self, owner_of_picture: PictureOwner, version: str, ask: Callable[[], Found]) -> Found:
        """Return what the owner says about ``place``, asked now or not long ago.

        ``version`` is the version that the client means, empty where it names none.
        """
        with self._lock:
            known, forgotten = self._entries.get(owner_of_picture), self._forgotten
        if known and (is_version(version, known.found) if version else self._is_fresh(known)):
            return known.found
        found = ask()
        with self._lock:
            # Something changed while the owner was asked: perhaps this very answer is of before.
            if forgotten == self._forgotten:
                self._entries[owner_of_picture] = _Entry(found, self._clock())
        return found

    def _is_fresh(self, known: _Entry) -> bool:
        return "hidden" not in known.found and self._clock() - known.since < FRESH

    def forget(self, owner_of_picture: PictureOwner) -> None:
        """Forget what was said about ``place``: it changes."""
        with self._lock:
            self._forgotten += 1
            self._entries.pop(owner_of_picture, None)


def is_version(asked: str, found: Found) -> bool:
    """Whether a client's ``?hash=`` is the picture's key, or the number that counts its versions."""
    return asked != "" and asked in (found["key"], str(found.get("image_version", "")))

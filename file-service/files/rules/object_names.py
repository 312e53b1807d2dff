"""Keys and file names on storage. Only values validated here become part of a path."""

import re
from pathlib import PurePosixPath
from typing import Literal, get_args

Resolution = Literal["high", "scaled"]
"""The larger and the smaller size of a picture."""
ServedFormat = Literal["webp", "avif"]
"""File formats that are served. Every picture has WebP; AVIF is encoded after a request that accepts it."""

_KEY = re.compile(r"[0-9a-f]{32}", re.ASCII)
_FOR_READERS = frozenset(f"{size}.{kind}" for size in get_args(Resolution) for kind in get_args(ServedFormat))
_TYPES = {".webp": "image/webp", ".avif": "image/avif", ".jpg": "image/jpeg", ".png": "image/png"}

UNFINISHED = ".tmp"
"""Suffix of keys and file names that are not written completely."""


def is_key(text: str) -> bool:
    """Return whether ``text`` is a well-formed picture key."""
    return _KEY.fullmatch(text) is not None


def key_of(path: str) -> str | None:
    """Return the key of a path on storage, or None if the path has no valid key."""
    key = path.partition("/")[0].removesuffix(UNFINISHED)
    return key if is_key(key) and "/" in path else None


def is_for_readers(name: str) -> bool:
    """Return whether file ``name`` is public: both sizes are, originals are not."""
    return name in _FOR_READERS


def type_of(name: str) -> str:
    """Return the media type of a stored file by its suffix."""
    return _TYPES.get(PurePosixPath(name).suffix, "application/octet-stream")


def file_name(resolution: Resolution, kind: ServedFormat = "webp") -> str:
    """Return the file name of a size, below the key."""
    return f"{resolution}.{kind}"

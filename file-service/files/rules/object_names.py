"""Stored paths: which names a picture has on storage. Nothing else ever becomes part of a path."""

import re
from pathlib import PurePosixPath
from typing import Literal, get_args

Resolution = Literal["high", "scaled"]
"""The larger and the smaller size of a picture."""
ServedFormat = Literal["webp", "avif"]
"""In which kinds of file it is served; each has WebP, and AVIF once somebody who can show that has asked."""

_KEY = re.compile(r"[0-9a-f]{32}", re.ASCII)
_FOR_READERS = frozenset(f"{size}.{kind}" for size in get_args(Resolution) for kind in get_args(ServedFormat))
_TYPES = {".webp": "image/webp", ".avif": "image/avif", ".jpg": "image/jpeg", ".png": "image/png"}

UNFINISHED = ".tmp"
"""How names end, of keys and of files, whose bytes are not all there yet."""


def is_key(text: str) -> bool:
    """Whether ``text`` can be the key of a picture."""
    return _KEY.fullmatch(text) is not None


def key_of(path: str) -> str | None:
    """Return the key that a path on storage belongs to, None where it can be nobody's."""
    key = path.partition("/")[0].removesuffix(UNFINISHED)
    return key if is_key(key) and "/" in path else None


def is_for_readers(name: str) -> bool:
    """Whether everybody may see the file ``name`` of a picture: either size of it, and never its original."""
    return name in _FOR_READERS


def type_of(name: str) -> str:
    """Return the media type of a stored file, by the end of its name."""
    return _TYPES.get(PurePosixPath(name).suffix, "application/octet-stream")


def file_name(resolution: Resolution, kind: ServedFormat = "webp") -> str:
    """Return the name of a size, below its key."""
    return f"{resolution}.{kind}"

"""Originals on storage: what pictures were made of, and how."""

from typing import NamedTuple

from files.picture import CUT, ORIGINALS, Cut
from files.store.storage import Storage


class Original(NamedTuple):
    """What a picture was made of."""

    data: bytes
    """An upload without its metadata."""
    cut: Cut


def original_of(storage: Storage, key: str) -> Original | None:
    """Return what the picture ``key`` was made of, None where that was not kept. Raises ``OSError``."""
    cut = _stored(storage, key, CUT)
    data = next(filter(None, (_stored(storage, key, name) for name in ORIGINALS)), None)
    return None if cut is None or data is None else Original(data, Cut.loaded(cut))


def _stored(storage: Storage, key: str, name: str) -> bytes | None:
    file = storage.open(key, name)
    if file is None:
        return None
    with file:
        return file.read()

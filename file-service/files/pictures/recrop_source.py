"""Stored originals and the crops that were made from them."""

from typing import NamedTuple

from files.rules.stored_picture import CROP_RECORD, ORIGINALS, CropRecord
from files.store.storage import Storage


class RecropSource(NamedTuple):
    """A stored original and its crop."""

    data: bytes
    """The uploaded file without its metadata."""
    cut: CropRecord


def recrop_source(storage: Storage, key: str) -> RecropSource | None:
    """Return the original of picture ``key``, or None if it is not stored. Raises ``OSError``."""
    cut = _stored(storage, key, CROP_RECORD)
    data = next(filter(None, (_stored(storage, key, name) for name in ORIGINALS)), None)
    return None if cut is None or data is None else RecropSource(data, CropRecord.load(cut))


def _stored(storage: Storage, key: str, name: str) -> bytes | None:
    file = storage.open(key, name)
    if file is None:
        return None
    with file:
        return file.read()

"""Covers: the picture keys of a volume's sides, and the file ledger."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select, update
from typing_extensions import TypedDict

from catalog.refusals import COVER_NOT_FOUND, COVER_REPLACED, VOLUME_NOT_FOUND
from catalog.rules.covers import CoverType
from catalog.store.tables import files, volume_card, volumes
from catalog.store.volumes import lock_series_of
from shared.files.ledger import Ledger

ledger = Ledger(files)

_KEYS = {"front": volumes.c.front_key, "back": volumes.c.back_key, "spine": volumes.c.spine_key}


class FoundCover(TypedDict):
    """The storage key of a cover; ``hidden`` is true if its volume is hidden."""

    key: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A stored picture and its preview data."""

    key: str
    aspect_ratio: float
    """Width / height; saved for front covers only."""
    placeholder: str | None = None
    color: str | None = None


def reserve(db: Connection, volume_id: int) -> str:
    """Reserve and return a new key for a cover of the volume. Raises 404 ``Volume not found``."""
    if db.execute(select(volumes.c.id).where(volumes.c.id == volume_id)).first() is None:
        raise VOLUME_NOT_FOUND
    return ledger.reserve(db)


def attach(
    db: Connection, volume_id: int, side: CoverType, cover: StoredPicture, *, instead_of: str | None = None
) -> None:
    """Set a stored picture as the volume's cover. A trigger marks the replaced picture as doomed.

    Raises 404 ``Volume not found``, 503 if the key is no longer pending, and 409 if ``instead_of`` is given
    and is not the key of the current cover.
    """
    lock_series_of(db, volume_id)
    ledger.attach(db, cover.key)
    if not _set(db, volume_id, side, cover, instead_of):
        raise COVER_REPLACED


def remove(db: Connection, volume_id: int, side: CoverType) -> None:
    """Remove the cover; a trigger marks its key as doomed.

    Raises 404 for an unknown volume or a missing cover.
    """
    lock_series_of(db, volume_id)
    find(db, volume_id, side)
    _set(db, volume_id, side, None)


def find(db: Connection, volume_id: int, side: CoverType) -> FoundCover:
    """Return a cover. Raises 404 ``Volume not found`` or ``Cover not found``."""
    cover = select(_KEYS[side], volume_card.c.hidden).join(volume_card, volume_card.c.id == volumes.c.id)
    found = db.execute(cover.where(volumes.c.id == volume_id)).first()
    if found is None:
        raise VOLUME_NOT_FOUND
    if found[0] is None:
        raise COVER_NOT_FOUND
    return {"key": found[0], "hidden": found[1]}


def _set(
    db: Connection,
    volume_id: int,
    side: CoverType,
    cover: StoredPicture | None,
    instead_of: str | None = None,
) -> bool:
    """Set or clear the cover columns. Return False if ``instead_of`` is given and is not the current key."""
    columns: dict[str, Any] = {
        _KEYS[side].name: cover and cover.key,
        f"{side}_placeholder": cover and cover.placeholder,
        f"{side}_color": cover and cover.color,
        "last_update": func.now(),
    }
    if side == "front":
        columns["aspect_ratio"] = cover and cover.aspect_ratio
    meant = volumes.c.id == volume_id
    if instead_of is not None:
        meant &= _KEYS[side] == instead_of
    return db.execute(update(volumes).where(meant).values(columns)).rowcount == 1

"""Queries for similar entries; ``media.rules.hash_bands`` describes the search."""

from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
    Connection,
    any_,
    false,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import BIT

from media.refusals import MEDIA_NOT_FOUND
from media.rules.hash_bands import FARTHEST, near_bands, shift_of
from media.store.tables import media

MAX_SIMILAR = 100
"""Maximum number of similar entries in a result."""
_MAX_CANDIDATES = 20_000
"""Maximum number of rows compared. In a library with more copies of one picture, some are not compared."""


class Fingerprint(NamedTuple):
    """Hashes that identify a picture: SHA-256 of the uploaded bytes, and perceptual hash."""

    sha256: str | None
    phash: int | None


def fingerprint_of(db: Connection, media_id: int) -> Fingerprint:
    """Return the fingerprint of an entry's picture. Raises 404 ``Media not found``."""
    row = db.execute(select(media.c.sha256, media.c.phash).where(media.c.id == media_id)).one_or_none()
    if row is None:
        raise MEDIA_NOT_FOUND
    return Fingerprint(*row)


def similar_ids(db: Connection, media_id: int, wanted: Fingerprint) -> list[int]:
    """Return the ids of the other entries with the same picture, nearest first."""
    found = similar(media_id, wanted)
    return list(db.execute(select(found.c.id).order_by(found.c.distance, found.c.id)).scalars())


def similar(media_id: int, wanted: Fingerprint) -> CTE:
    """Select ``id`` and ``distance`` of the other entries with the same picture, up to ``MAX_SIMILAR``.

    ``distance`` is the number of different hash bits; it is 0 for identical uploaded bytes.
    """
    same = select(media.c.id, literal(0, BigInteger).label("distance")).where(
        media.c.sha256 == wanted.sha256 if wanted.sha256 else false(), media.c.id != media_id
    )
    candidates = _candidates(media_id, wanted.phash)
    near = select(candidates.c.id, candidates.c.distance).where(candidates.c.distance <= FARTHEST)
    both = union_all(same.limit(_MAX_CANDIDATES), near).subquery()
    distance = func.min(both.c.distance).label("distance")
    nearest = select(both.c.id, distance).group_by(both.c.id).order_by(distance, both.c.id)
    return nearest.limit(MAX_SIMILAR).cte("similar")


def _candidates(media_id: int, phash: int | None) -> Any:
    bands = enumerate(near_bands(phash) if phash is not None else [])
    in_a_band = [
        media.c.phash.op(">>")(shift_of(band)).op("&")(0xFFFF) == any_(literal(list(near), ARRAY(BigInteger)))
        for band, near in bands
    ]
    different = media.c.phash.op("#")(literal(phash or 0, BigInteger))
    distance = func.bit_count(different.cast(BIT(64))).label("distance")
    found = select(media.c.id, distance).where(
        or_(false(), *in_a_band), media.c.phash.is_not(None), media.c.id != media_id
    )
    return found.limit(_MAX_CANDIDATES).subquery()

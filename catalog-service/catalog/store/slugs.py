"""The registry of slugs: which volume has or had which."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, select, text

from catalog.rules.slugs import allocate, numbered, stem
from catalog.store.tables import editions, series, slugs, volume_card, volumes

_NO_ID = 0


def refresh(db: Connection, which: ColumnElement[bool], *, unchanged_too: bool = False) -> None:
    """Give the volumes ``which`` slugs that fit what they are now; the old ones stay theirs.

    A volume keeps its slug where none of its parts changed, unless ``unchanged_too``: then it gets the
    best one that is free by now. For a renamed series: ``refresh(db, volumes.c.series_id == id)``. The caller holds
    the series (``ordering.hold_series``) and has renamed it already.
    """
    stems = {
        row.id: wanted
        for row in db.execute(_parts(which))
        if (wanted := _stem(row)) != row.stem or unchanged_too
    }
    lost: dict[tuple[str, int], int] = {}
    while stems:
        numbers = allocate(stems, _taken(db, stems.values()) | lost)
        given = _register(db, {volume: (stems[volume], number) for volume, number in numbers.items()})
        if given.keys() == stems.keys():
            db.execute(_SET, {"volumes": list(given), "slugs": list(given.values())})
            return
        # Who waited for more slugs while having some could wait in a circle.
        db.execute(_GIVE_BACK)
        lost |= {(stems[volume], number): _NO_ID for volume, number in numbers.items() if volume not in given}


def lookup(db: Connection, slug: str) -> Row[int, str, bool] | None:
    """Return id, present slug and ``hidden`` of the volume that has or had ``slug``."""
    found = select(volumes.c.id, volumes.c.slug, volume_card.c.hidden).join_from(slugs, volumes)
    found = found.join(volume_card, volume_card.c.id == volumes.c.id)
    return db.execute(found.where(slugs.c.slug == slug)).first()


def _parts(which: ColumnElement[bool]) -> Select[Any]:
    """What the slugs of volumes are made of, and the stem of the one they have."""
    columns = (
        volumes.c.id,
        volumes.c.name,
        volumes.c.language,
        volumes.c.special,
        volumes.c.special_name,
        series.c.name.label("series"),
        editions.c.name.label("edition"),
        slugs.c.stem,
    )
    joined = (
        volumes.join(series, series.c.id == volumes.c.series_id)
        .outerjoin(editions, editions.c.id == volumes.c.edition_id)
        .outerjoin(slugs, slugs.c.slug == volumes.c.slug)
    )
    return select(*columns).select_from(joined).where(which).order_by(volumes.c.id)


def _stem(row: Row[Any]) -> str:
    special_name = row.special_name if row.special else None
    return stem((row.series, row.edition, special_name, row.name), row.language)


def _taken(db: Connection, stems: Iterable[str]) -> dict[tuple[str, int], int]:
    registered = select(slugs.c.stem, slugs.c.number, slugs.c.volume_id).where(slugs.c.stem.in_(set(stems)))
    return {(row.stem, row.number): row.volume_id for row in db.execute(registered)}


def _register(db: Connection, wanted: Mapping[int, tuple[str, int]]) -> dict[int, str]:
    """Write down the slugs ``wanted`` (volume -> stem and number); return those that their volume now has.

    Where another transaction was quicker, its commit is waited for, and the slug is not ours.
    """
    rows = sorted((numbered(stem, number), volume, stem, number) for volume, (stem, number) in wanted.items())
    names = ("slugs", "volumes", "stems", "numbers")
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    db.execute(_INSERT, columns)
    owners = select(slugs.c.volume_id, slugs.c.slug).where(slugs.c.slug.in_(columns["slugs"]))
    owned = {(row.volume_id, row.slug) for row in db.execute(owners)}
    return {volume: slug for slug, volume, _, _ in rows if (volume, slug) in owned}


# Sorted by slug, so that two transactions that want the same ones never wait for each other in a circle.
_INSERT = text("""
    SAVEPOINT no_slugs;
    INSERT INTO catalog.slugs (slug, volume_id, stem, number)
    SELECT * FROM unnest(
        CAST(:slugs AS text[]), CAST(:volumes AS bigint[]), CAST(:stems AS text[]), CAST(:numbers AS int[])
    )
    ON CONFLICT (slug) DO NOTHING
""")
_GIVE_BACK = text("ROLLBACK TO SAVEPOINT no_slugs")

_SET = text("""
    UPDATE catalog.volumes SET slug = given.slug
    FROM unnest(CAST(:volumes AS bigint[]), CAST(:slugs AS text[])) AS given (id, slug)
    WHERE volumes.id = given.id AND volumes.slug <> given.slug
""")

"""The slug registry: every slug that a volume has or had."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, select, text

from catalog.rules.slugs import allocate, numbered, stem
from catalog.store.tables import editions, series, slugs, volume_card, volumes

_NO_ID = 0


def refresh(db: Connection, which: ColumnElement[bool], *, unchanged_too: bool = False) -> None:
    """Update the slugs of the volumes ``which``. Old slugs stay registered to their volumes.

    A volume whose stem did not change keeps its slug, unless ``unchanged_too``: then it gets the lowest free
    number. After renaming a series, call ``refresh(db, volumes.c.series_id == id)``. The caller holds the
    locks of the series (``ordering.lock_series``).
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
        # Waiting for further slugs while holding some could deadlock, so all are rolled back first.
        db.execute(_RELEASE)
        lost |= {(stems[volume], number): _NO_ID for volume, number in numbers.items() if volume not in given}


def lookup(db: Connection, slug: str) -> Row[int, str, bool] | None:
    """Return id, current slug and ``hidden`` of the volume that has or had ``slug``."""
    found = select(volumes.c.id, volumes.c.slug, volume_card.c.hidden).join_from(slugs, volumes)
    found = found.join(volume_card, volume_card.c.id == volumes.c.id)
    return db.execute(found.where(slugs.c.slug == slug)).first()


def _parts(which: ColumnElement[bool]) -> Select[Any]:
    """Select the parts of the volumes' slugs, and the stems of their current slugs."""
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
    """Insert the slugs ``wanted`` (volume -> stem and number) and return those that were obtained.

    If another transaction inserted a slug first, this one waits for its commit and does not obtain the slug.
    """
    rows = sorted((numbered(stem, number), volume, stem, number) for volume, (stem, number) in wanted.items())
    names = ("slugs", "volumes", "stems", "numbers")
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    db.execute(_INSERT, columns)
    owners = select(slugs.c.volume_id, slugs.c.slug).where(slugs.c.slug.in_(columns["slugs"]))
    owned = {(row.volume_id, row.slug) for row in db.execute(owners)}
    return {volume: slug for slug, volume, _, _ in rows if (volume, slug) in owned}


# Rows are sorted by slug, so two transactions that insert the same slugs cannot deadlock.
_INSERT = text("""
    SAVEPOINT no_slugs;
    INSERT INTO catalog.slugs (slug, volume_id, stem, number)
    SELECT * FROM unnest(
        CAST(:slugs AS text[]), CAST(:volumes AS bigint[]), CAST(:stems AS text[]), CAST(:numbers AS int[])
    )
    ON CONFLICT (slug) DO NOTHING
""")
_RELEASE = text("ROLLBACK TO SAVEPOINT no_slugs")

_SET = text("""
    UPDATE catalog.volumes SET slug = given.slug
    FROM unnest(CAST(:volumes AS bigint[]), CAST(:slugs AS text[])) AS given (id, slug)
    WHERE volumes.id = given.id AND volumes.slug <> given.slug
""")

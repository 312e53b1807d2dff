"""Volumes: reading, adding, editing, moving and deleting them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from catalog.refusals import UNKNOWN_EDITION, VOLUME_NOT_FOUND
from catalog.rules.default_group import DEFAULT_GROUP
from catalog.rules.searching import searchable
from catalog.rules.volumes import SLUG_PARTS
from catalog.schemas.volumes import NewVolume, VolumeChanges
from catalog.store import attachments, groups, ordering, slugs
from catalog.store.tables import editions, volumes
from catalog.store.tables import series as series_table
from shared.errors import invalid
from shared.fields.text import natural_key


def one(db: Connection, volume_id: int) -> Row[Any]:
    """Return a volume's row with columns of its series and edition. Raises 404 ``Volume not found``."""
    joined = volumes.join(series_table, series_table.c.id == volumes.c.series_id).outerjoin(
        editions, editions.c.id == volumes.c.edition_id
    )
    found = (
        select(
            volumes,
            series_table.c.name.label("series_name"),
            series_table.c.type.label("series_type"),
            series_table.c.public.label("series_public"),
            editions.c.name.label("edition_name"),
        )
        .select_from(joined)
        .where(volumes.c.id == volume_id)
    )
    row = db.execute(found).first()
    if row is None:
        raise VOLUME_NOT_FOUND
    return row


def add(db: Connection, new: NewVolume) -> int:
    """Add a volume at the end of its group and return its id.

    Raises 404 ``Volume group not found`` and a 400 for an edition of another series.
    """
    ordering.lock_series(db, lambda: {groups.series_of(db, new.group)})
    series = groups.series_of(db, new.group)
    _check_edition(db, new.edition, series)
    row = {
        "series_id": series,
        "group_id": new.group,
        "group_order": _next_order(db, new.group),
        "language": new.language,
        "edition_id": new.edition,
        "public": new.public,
    }
    added = insert(volumes).values(**row, **_names(new.name)).returning(volumes.c.id)
    volume_id = int(db.execute(added).scalar_one())
    slugs.refresh(db, volumes.c.id == volume_id)
    return volume_id


def edit(db: Connection, volume_id: int, changes: VolumeChanges) -> None:
    """Change a volume, its links and its media.

    Raises 404 ``Volume not found`` or ``Volume group not found``, and a 400 for an edition of another series,
    a link of another volume, or unknown media.
    """
    ordering.lock_series(db, lambda: _series_concerned(db, volume_id, changes))
    before = _locked(db, volume_id)
    columns = changes.columns()
    move = _move(db, before, changes)
    if move.get("series_id", before.series_id) != before.series_id:
        columns.setdefault("edition_id", None)
    _check_edition(db, columns.get("edition_id"), move.get("series_id", before.series_id))
    columns |= move
    if "name" in columns:
        columns |= _names(changes.name)
    if columns.get("copyright", before.copyright) != before.copyright:
        columns["copyright_since"] = func.now()
    db.execute(update(volumes).where(volumes.c.id == volume_id).values(**columns, last_update=func.now()))
    if move and before.group_id is not None:
        ordering.reorder_volumes(db, [before.group_id])
    if SLUG_PARTS & columns.keys():
        slugs.refresh(db, volumes.c.id == volume_id)
    attachments.change(db, volume_id, changes)


def regenerate_slug(db: Connection, volume_id: int) -> None:
    """Give a volume the best free slug. Raises 404 ``Volume not found``."""
    lock_series_of(db, volume_id)
    slugs.refresh(db, volumes.c.id == volume_id, unchanged_too=True)


def reorder(db: Connection, order: Sequence[int]) -> None:
    """Put the volumes ``order`` first in their groups.

    Raises a 400 for a volume that is unknown or in no group.
    """
    concerned = select(volumes.c.id, volumes.c.group_id, volumes.c.series_id).where(
        volumes.c.id.in_(order), volumes.c.group_id.is_not(None)
    )
    ordering.lock_series(db, lambda: {row.series_id for row in db.execute(concerned)})
    group_of = {row.id: row.group_id for row in db.execute(concerned)}
    unknown = [volume for volume in order if volume not in group_of]
    if unknown:
        raise invalid("order", f"there is no volume {unknown[0]} in a group")
    ordering.reorder_volumes(db, set(group_of.values()), order)


def remove(db: Connection, volume_id: int) -> None:
    """Delete a volume with its links and media associations. Raises 404 ``Volume not found``.

    A trigger marks the keys of its covers as doomed.
    """
    lock_series_of(db, volume_id)
    deletion = delete(volumes).where(volumes.c.id == volume_id).returning(volumes.c.group_id)
    group_id = db.execute(deletion).scalar_one()
    if group_id is not None:
        ordering.reorder_volumes(db, [group_id])


def lock_series_of(db: Connection, volume_id: int) -> None:
    """Take the advisory lock of a volume's series. Raises 404 ``Volume not found``."""
    ordering.lock_series(db, lambda: {_series_of(db, volume_id)})


def _series_concerned(db: Connection, volume_id: int, changes: VolumeChanges) -> set[int]:
    """Return the volume's series and, for a move, the target series."""
    concerned = {_series_of(db, volume_id)}
    return concerned | {groups.series_of(db, changes.group)} if changes.group is not None else concerned


def _series_of(db: Connection, volume_id: int) -> int:
    found = db.execute(select(volumes.c.series_id).where(volumes.c.id == volume_id)).scalar_one_or_none()
    if found is None:
        raise VOLUME_NOT_FOUND
    return int(found)


def _locked(db: Connection, volume_id: int) -> Row[Any]:
    """Return a volume's row, locked until the end of the transaction."""
    row = db.execute(select(volumes).where(volumes.c.id == volume_id).with_for_update(key_share=True)).first()
    if row is None:
        raise VOLUME_NOT_FOUND
    return row


def _move(db: Connection, before: Row[Any], changes: VolumeChanges) -> dict[str, Any]:
    """Return the columns that move a volume to the end of another group; empty without a move."""
    if not changes.moves or changes.group == before.group_id:
        return {}
    if changes.group is None:
        raise invalid(
            "group", f"{DEFAULT_GROUP} is where volumes of deleted groups are, no volume can be put there"
        )
    return {
        "series_id": groups.series_of(db, changes.group),
        "group_id": changes.group,
        "group_order": _next_order(db, changes.group),
        "former_group_id": None,
        "former_order": None,
    }


def _next_order(db: Connection, group_id: int) -> int:
    last = select(func.max(volumes.c.group_order)).where(volumes.c.group_id == group_id)
    return int(db.execute(select(func.coalesce(last.scalar_subquery() + 1, 0))).scalar_one())


def _check_edition(db: Connection, edition_id: int | None, series: int) -> None:
    if edition_id is None:
        return
    known = select(editions.c.id).where(editions.c.id == edition_id, editions.c.series_id == series)
    if db.execute(known).first() is None:
        raise UNKNOWN_EDITION


def _names(name: str) -> dict[str, str]:
    return {"name": name, "sort_name": natural_key(name), "search": searchable([name])}

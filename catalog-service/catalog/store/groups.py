"""Volume groups: adding, editing, trashing, restoring and deleting."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, insert, select, text, update

from catalog.refusals import GROUP_NOT_FOUND, SERIES_NOT_FOUND
from catalog.rules.searching import searchable
from catalog.schemas.groups import GroupFields
from catalog.store import ordering, slugs
from catalog.store.tables import series, volume_groups, volumes
from shared.errors import invalid
from shared.fields.text import natural_key

_live = volume_groups.c.trashed_at.is_(None)


def add(db: Connection, fields: GroupFields) -> int:
    """Add a group at the end of its series and return its id.

    Raises 404 ``Series not found``. A name that the series has already violates
    ``volume_groups_name_unique``.
    """
    ordering.lock_changed_series(db, fields.series)
    place = {"series_id": fields.series} | _last_place(db, fields.series)
    added = insert(volume_groups).values(**place, **_names(fields.name)).returning(volume_groups.c.id)
    return int(db.execute(added).scalar_one())


def edit(db: Connection, group_id: int, fields: GroupFields) -> None:
    """Rename a group. If ``fields.series`` differs, move it with its volumes to the end of that series.

    Raises 404 for an unknown or trashed group, and for an unknown series.
    """
    ordering.lock_series(db, lambda: {fields.series, series_of(db, group_id)})
    former_series = series_of(db, group_id)
    renamed = update(volume_groups).where(volume_groups.c.id == group_id)
    if former_series == fields.series:
        db.execute(renamed.values(_names(fields.name)))
        return
    place = _last_place(db, fields.series)
    of_group = volumes.c.group_id == group_id
    db.execute(update(volumes).where(of_group, volumes.c.edition_id.is_not(None)).values(edition_id=None))
    # The foreign key (ON UPDATE CASCADE) moves the volumes.
    db.execute(renamed.values(series_id=fields.series, **place, **_names(fields.name)))
    ordering.close_up_groups(db, former_series)
    slugs.refresh(db, of_group)


def reorder(db: Connection, order: Sequence[int]) -> None:
    """Put the groups ``order`` first in their series. Raises a 400 for an unknown or trashed group."""
    ordering.lock_series(db, lambda: _series_of_all(db, order).values())
    concerned = _series_of_all(db, order)
    unknown = [group for group in order if group not in concerned]
    if unknown:
        raise invalid("order", f"there is no volume group {unknown[0]}")
    ordering.reorder_groups(db, set(concerned.values()), order)


def trash(db: Connection, group_id: int) -> None:
    """Put a group into the trash. Its volumes move to the end of the default group.

    Raises 404 for an unknown or trashed group.
    """
    ordering.lock_series(db, lambda: {series_of(db, group_id)})
    series_id = series_of(db, group_id)
    db.execute(_MOVE_TO_DEFAULT_GROUP, {"group": group_id, "series": series_id})
    db.execute(update(volume_groups).where(volume_groups.c.id == group_id).values(trashed_at=func.now()))
    ordering.close_up_groups(db, series_id)


def restore(db: Connection, group_id: int) -> None:
    """Restore a trashed group, and those of its volumes that are still in the default group.

    Raises 404 for a group that is not in the trash.
    """
    ordering.lock_series(db, lambda: {series_of(db, group_id, trashed=True)})
    series_id = series_of(db, group_id, trashed=True)
    db.execute(update(volume_groups).where(volume_groups.c.id == group_id).values(trashed_at=None))
    ordering.close_up_groups(db, series_id)
    db.execute(_MOVE_BACK, {"group": group_id})


def purge(db: Connection, group_id: int) -> None:
    """Delete a trashed group permanently. Its volumes stay in the default group.

    Raises 404 for a group that is not in the trash.
    """
    ordering.lock_series(db, lambda: {series_of(db, group_id, trashed=True)})
    series_id = series_of(db, group_id, trashed=True)
    db.execute(delete(volume_groups).where(volume_groups.c.id == group_id))
    ordering.close_up_groups(db, series_id)


def series_of(db: Connection, group_id: int, *, trashed: bool = False) -> int:
    """Return the series of a live group, or of a trashed group if ``trashed``. Raises 404 otherwise."""
    where = (volume_groups.c.id == group_id, ~_live if trashed else _live)
    found = db.execute(select(volume_groups.c.series_id).where(*where)).scalar_one_or_none()
    if found is None:
        raise GROUP_NOT_FOUND
    return int(found)


def _series_of_all(db: Connection, group_ids: Sequence[int]) -> dict[int, int]:
    """Return group -> series for the groups that exist and are not trashed."""
    found = select(volume_groups.c.id, volume_groups.c.series_id).where(
        volume_groups.c.id.in_(group_ids), _live
    )
    return {row.id: row.series_id for row in db.execute(found)}


def _names(name: str) -> dict[str, str]:
    return {
        "name": name,
        "name_key": name.casefold(),
        "sort_name": natural_key(name),
        "search": searchable([name]),
    }


def _last_place(db: Connection, series_id: int) -> dict[str, int]:
    """Return client and positions for a group appended to a series. Raises 404 for an unknown series."""
    client = db.execute(select(series.c.client_id).where(series.c.id == series_id)).scalar_one_or_none()
    if client is None:
        raise SERIES_NOT_FOUND
    after = select(
        func.coalesce(func.max(volume_groups.c.place) + 1, 0).label("place"),
        func.count().filter(_live).label("series_order"),
    ).where(volume_groups.c.series_id == series_id)
    return {"client_id": client, **db.execute(after).mappings().one()}


_MOVE_TO_DEFAULT_GROUP = text("""
    UPDATE catalog.volumes SET former_group_id = group_id, former_order = volumes.group_order, group_id = NULL,
        group_order = moved.group_order
    FROM (
        SELECT id, row_number() OVER (ORDER BY group_order) + (
            SELECT coalesce(max(group_order), -1) FROM catalog.volumes WHERE series_id = :series AND group_id IS NULL
        ) AS group_order
        FROM catalog.volumes WHERE group_id = :group
    ) AS moved
    WHERE volumes.id = moved.id
""")

_MOVE_BACK = text("""
    UPDATE catalog.volumes SET group_id = former_group_id, group_order = moved.group_order,
        former_group_id = NULL, former_order = NULL
    FROM (
        SELECT id, row_number() OVER (ORDER BY former_order) - 1 AS group_order
        FROM catalog.volumes WHERE former_group_id = :group
    ) AS moved
    WHERE volumes.id = moved.id
""")

"""Positions of groups in their series and of volumes in their group.

Positions are always 0..n-1, also under concurrent changes: a transaction that changes positions, or columns
from which slugs are derived, first takes the advisory locks of the series concerned.
"""

from collections.abc import Callable, Collection, Sequence

from sqlalchemy import Connection, text

_LOCK_SPACE = 1
_LOCKS = 4096
"""Number of advisory locks that all series share.

It bounds the share of the server's lock table per transaction."""


def lock_series(db: Connection, series_of: Callable[[], Collection[int]]) -> None:
    """Take the advisory locks of the series that ``series_of`` returns, until the end of the transaction.

    ``series_of`` reads the ids of the series concerned. It is called again under the locks, because an item
    may have moved to another series in between; the locks are then released and taken again. On return its
    result cannot change any more. Call this before the transaction writes anything.
    """
    while True:
        keys = _keys(series_of())
        db.execute(_SAVEPOINT_AND_LOCK, {"space": _LOCK_SPACE, "keys": sorted(keys)})
        if keys.issuperset(_keys(series_of())):
            return
        # Taking further locks while holding these could deadlock, so all are released first.
        db.execute(_RELEASE)


def lock_changed_series(db: Connection, *series: int) -> None:
    """Take the advisory locks of ``series``, until the end of the transaction."""
    db.execute(_LOCK, {"space": _LOCK_SPACE, "keys": sorted(_keys(series))})


def _keys(series: Collection[int]) -> set[int]:
    return {one % _LOCKS for one in series}


# Locks are taken in array order. All transactions sort the keys, so they cannot deadlock.
_LOCKED = "SELECT pg_advisory_xact_lock(:space, key) FROM unnest(CAST(:keys AS int[])) AS key"
_LOCK = text(_LOCKED)
_SAVEPOINT_AND_LOCK = text(f"SAVEPOINT no_locks; {_LOCKED}")
_RELEASE = text("ROLLBACK TO SAVEPOINT no_locks")


def reorder_groups(db: Connection, series: Collection[int], first: Sequence[int]) -> None:
    """Put the groups ``first``, in this order, before the other groups of their ``series``.

    Trashed groups keep their ``place``; the live groups are permuted among their own places.
    """
    db.execute(_REORDER_GROUPS, {"series": list(series), "first": list(first)})


_REORDER_GROUPS = text("""
    WITH live AS (
        SELECT id, series_id, place,
            row_number() OVER (PARTITION BY series_id ORDER BY place) - 1 AS series_order,
            row_number() OVER (PARTITION BY series_id ORDER BY named.position NULLS LAST, place) - 1 AS wanted
        FROM catalog.volume_groups
        LEFT JOIN unnest(CAST(:first AS bigint[])) WITH ORDINALITY AS named (id, position) USING (id)
        WHERE series_id = ANY (CAST(:series AS bigint[])) AND trashed_at IS NULL
    )
    UPDATE catalog.volume_groups AS groups SET place = slot.place, series_order = slot.series_order
    FROM live JOIN live AS slot ON slot.series_id = live.series_id AND slot.series_order = live.wanted
    WHERE groups.id = live.id AND (groups.place, groups.series_order) <> (slot.place, slot.series_order)
""")


def close_up_groups(db: Connection, *series: int) -> None:
    """Renumber the groups of ``series`` without gaps, in their current order."""
    db.execute(_CLOSE_UP_GROUPS, {"series": list(series)})


_CLOSE_UP_GROUPS = text("""
    WITH numbered AS (
        SELECT id, row_number() OVER (PARTITION BY series_id ORDER BY place, id) - 1 AS place,
            count(*) FILTER (WHERE trashed_at IS NULL) OVER (
                PARTITION BY series_id ORDER BY place, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS series_order
        FROM catalog.volume_groups WHERE series_id = ANY (CAST(:series AS bigint[]))
    )
    UPDATE catalog.volume_groups AS groups SET place = numbered.place, series_order = numbered.series_order
    FROM numbered
    WHERE groups.id = numbered.id AND (groups.place, groups.series_order) <> (numbered.place, numbered.series_order)
""")


def reorder_volumes(db: Connection, groups: Collection[int], first: Sequence[int] = ()) -> None:
    """Put the volumes ``first`` before the other volumes of their ``groups``, and renumber all of them."""
    db.execute(_REORDER_VOLUMES, {"groups": list(groups), "first": list(first)})


_REORDER_VOLUMES = text("""
    WITH numbered AS (
        SELECT id, row_number() OVER (
            PARTITION BY group_id ORDER BY named.position NULLS LAST, group_order
        ) - 1 AS group_order
        FROM catalog.volumes
        LEFT JOIN unnest(CAST(:first AS bigint[])) WITH ORDINALITY AS named (id, position) USING (id)
        WHERE group_id = ANY (CAST(:groups AS bigint[]))
    )
    UPDATE catalog.volumes SET group_order = numbered.group_order
    FROM numbered
    WHERE volumes.id = numbered.id AND volumes.group_order <> numbered.group_order
""")

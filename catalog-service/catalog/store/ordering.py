"""Positions: of groups in their series, of volumes in their group. Always 0..n-1, whoever drags at once.

Whoever changes positions, or what slugs are made of, holds the series first.
"""

from collections.abc import Callable, Collection, Sequence

from sqlalchemy import Connection, text

_LOCK_SPACE = 1
_LOCKS = 4096
"""Series share this many locks, so that one transaction cannot use up the server's room for locks."""


def lock_series(db: Connection, series_of: Callable[[], Collection[int]]) -> None:
    """Keep everybody else from changing what ``series_of`` names, until the transaction ends.

    ``series_of`` reads the ids of series that the work concerns. It is asked again once they are held, since
    what it looks at may have moved to another series meanwhile: afterwards its answer stays true. The transaction
    has written nothing yet.
    """
    while True:
        keys = _keys(series_of())
        db.execute(_MARK_AND_HOLD, {"space": _LOCK_SPACE, "keys": sorted(keys)})
        if keys.issuperset(_keys(series_of())):
            return
        # Who waited for a lock more while holding these could wait in a circle.
        db.execute(_RELEASE)


def lock_changed_series(db: Connection, *series: int) -> None:
    """``lock_series`` for series that are known."""
    db.execute(_HOLD, {"space": _LOCK_SPACE, "keys": sorted(_keys(series))})


def _keys(series: Collection[int]) -> set[int]:
    return {one % _LOCKS for one in series}


# The locks are taken in the order of the array: everybody takes them in that order, so nobody waits in a circle.
_LOCKED = "SELECT pg_advisory_xact_lock(:space, key) FROM unnest(CAST(:keys AS int[])) AS key"
_HOLD = text(_LOCKED)
_MARK_AND_HOLD = text(f"SAVEPOINT nothing_held; {_LOCKED}")
_RELEASE = text("ROLLBACK TO SAVEPOINT nothing_held")


def reorder_groups(db: Connection, series: Collection[int], first: Sequence[int]) -> None:
    """Put the groups ``first`` before the others of their ``series``, in the order given.

    Trashed groups keep their place: the others change places among themselves.
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
    """Number the groups of ``series`` anew, in their present order, after one came or went."""
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
    """Put the volumes ``first`` before the others of their ``groups``, and number all of them anew."""
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

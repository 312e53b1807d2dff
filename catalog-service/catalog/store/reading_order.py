"""A volume's neighbours in reading order, and the newest copyright of its series."""

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Row,
    and_,
    cast,
    func,
    select,
    true,
    tuple_,
)

from catalog.presenters import Navigation
from catalog.store.tables import volume_groups, volumes

_ORDER = (volume_groups.c.series_order, volumes.c.group_order)
_ALONE: Navigation = {"next": None, "prev": None, "index": 0, "count": 1}


def navigation(
    db: Connection, volume: Row[Any], name_by: Column[Any], *, hidden_too: bool = True
) -> Navigation:
    """Return a volume's neighbours, its index and the number of siblings.

    ``name_by`` is the column (id or slug) that identifies the neighbours. Siblings are the volumes of the
    same series, language and edition in groups that are not trashed; hidden volumes count only if
    ``hidden_too``. A volume without a group has no siblings.
    """
    if volume.group_id is None:
        return _ALONE
    here = tuple_(_group_order(db, volume.group_id), volume.group_order)
    siblings = and_(
        volumes.c.series_id == volume.series_id,
        # Redundant, but limits the scan of ``volume_groups`` to this series.
        volume_groups.c.series_id == volume.series_id,
        volumes.c.language == volume.language,
        volumes.c.edition_id == volume.edition_id,
        true() if hidden_too else ~_hidden(volume),
    )
    rows = volumes.join(volume_groups, volume_groups.c.id == volumes.c.group_id)
    counts = select(func.count().filter(tuple_(*_ORDER) < here), func.count())
    index, count = db.execute(counts.select_from(rows).where(siblings)).one()
    beside = select(name_by).select_from(rows).where(siblings).limit(1)
    backwards = beside.where(tuple_(*_ORDER) < here).order_by(*(column.desc() for column in _ORDER))
    onwards = beside.where(tuple_(*_ORDER) > here).order_by(*_ORDER)
    prev, following = db.execute(select(backwards.scalar_subquery(), onwards.scalar_subquery())).one()
    return {"next": _text(following), "prev": _text(prev), "index": index, "count": count}


def last_copyright(db: Connection, volume: Row[Any]) -> str | None:
    """Return the copyright most recently set in another volume of the series, or None."""
    others = (volumes.c.series_id == volume.series_id, volumes.c.id != volume.id)
    newest = select(volumes.c.copyright).where(*others, volumes.c.copyright.is_not(None))
    newest = newest.order_by(volumes.c.copyright_since.desc(), volumes.c.id.desc()).limit(1)
    return db.execute(newest).scalar_one_or_none()


def _hidden(volume: Row[Any]) -> ColumnElement[bool]:
    """Return the SQL condition that a volume in the series of ``volume`` is hidden."""
    own = volumes.c.public, volumes.c.group_id, volume_groups.c.trashed_at
    return cast(func.catalog.volume_hidden(volume.series_public, *own), Boolean)


def _group_order(db: Connection, group_id: int) -> int:
    order = select(volume_groups.c.series_order).where(volume_groups.c.id == group_id)
    return int(db.execute(order).scalar_one())


def _text(name: int | str | None) -> str | None:
    return None if name is None else str(name)

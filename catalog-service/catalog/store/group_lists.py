"""Lists of volume groups: the normal one, that of the trash, and that of one series.

Each entry's JSON is made by PostgreSQL, after the page has been cut: what is skipped costs no document.
The one place that says what an entry holds is ``_entry``; a stored copy of entries would be filled by it.
"""

from typing import Any, NamedTuple

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Integer,
    Select,
    Subquery,
    Text,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
    union,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSON, aggregate_order_by

from catalog.refusals import SERIES_NOT_FOUND
from catalog.rules.groups import DEFAULT_GROUP, DEFAULT_GROUP_NAME, GroupNamesQuery, GroupOrder
from catalog.store.searching import contains
from catalog.store.tables import clients, editions, locks, series, volume_groups, volumes
from shared.text import fold, natural_key

_NOTHING = literal_column("'[]'::json", JSON)


class GroupList(NamedTuple):
    """What ``shared.listing`` makes a list of: JSON texts of a page, and the number of matches."""

    page: Select[str]
    total: Select[int]


def groups(query: GroupNamesQuery, *, with_volumes: bool) -> GroupList:
    """Select the groups of a client that are not in the trash."""
    live = (volume_groups.c.client_id == query.client, volume_groups.c.trashed_at.is_(None))
    # The client is named twice, so that the planner may walk through series by title or groups by name.
    rows = _groups().where(*live, series.c.client_id == query.client)
    volumes_of = _volumes if with_volumes else None
    if not query.search:
        counted = select(clients.c.group_count).where(clients.c.id == query.client).scalar_subquery()
        return GroupList(_page(rows, query, volumes_of), select(func.coalesce(counted, 0)))
    found = volume_groups.c.id.in_(select(_found(query.search).c.id))
    total = select(func.count()).select_from(volume_groups).where(*live, found)
    return GroupList(_page(rows.where(found), query, volumes_of), total)


def trash(query: GroupNamesQuery, *, with_volumes: bool) -> GroupList:
    """Select a client's trashed groups, and for each series that has volumes without a group the default group."""
    trashed = _groups().where(
        volume_groups.c.client_id == query.client, volume_groups.c.trashed_at.is_not(None)
    )
    fallen_out = select(volumes.c.series_id).where(volumes.c.group_id.is_(None))
    defaults = _default_groups().where(series.c.client_id == query.client, series.c.id.in_(fallen_out))
    if query.search:
        names_series = contains(series.c.search, query.search)
        trashed = trashed.where(or_(contains(volume_groups.c.search, query.search), names_series))
        called_default = contains(literal(fold(DEFAULT_GROUP_NAME), Text), query.search)
        defaults = defaults.where(or_(called_default, names_series))
    rows = union_all(trashed, defaults)
    total = select(func.count()).select_from(rows.subquery())
    return GroupList(_page(rows, query, _fallen_volumes if with_volumes else None), total)


def of_series(db: Connection, series_id: int) -> str:
    """Return the JSON text of a series' groups, in their order; raises 404 ``Series not found``."""
    found = _groups().where(volume_groups.c.series_id == series_id, volume_groups.c.trashed_at.is_(None))
    rows = found.subquery()
    entries = func.json_agg(aggregate_order_by(_entry(rows), rows.c.series_order))
    if db.execute(select(series.c.id).where(series.c.id == series_id)).first() is None:
        raise SERIES_NOT_FOUND
    return db.execute(select(cast(func.coalesce(entries, _NOTHING), Text))).scalar_one()


def _groups() -> Select[Any]:
    """The rows of groups, with what orders and documents need of their series."""
    return select(
        volume_groups.c.id,
        volume_groups.c.name,
        volume_groups.c.sort_name,
        volume_groups.c.series_order,
        *_series_columns(),
    ).join_from(volume_groups, series)


def _default_groups() -> Select[Any]:
    """The same of default groups, one for each series; they come before the series' other groups."""
    return select(
        literal(DEFAULT_GROUP, Integer).label("id"),
        literal(DEFAULT_GROUP_NAME, Text).label("name"),
        literal(natural_key(DEFAULT_GROUP_NAME), Text).label("sort_name"),
        literal(DEFAULT_GROUP, Integer).label("series_order"),
        *_series_columns(),
    )


def _series_columns() -> list[ColumnElement[Any]]:
    return [
        series.c.id.label("series_id"),
        series.c.name.label("series_name"),
        series.c.type.label("series_type"),
        series.c.sort_name.label("series_sort_name"),
    ]


def _found(search: str) -> CTE:
    """The ids of groups that a search finds by their own name, or by a name of their series.

    Page and total look into the same table expression, so that the search is done once.
    """
    own = select(volume_groups.c.id).where(contains(volume_groups.c.search, search))
    of_series = select(volume_groups.c.id).join_from(volume_groups, series)
    return union(own, of_series.where(contains(series.c.search, search))).cte("found")


def _page(rows: Any, query: GroupNamesQuery, volumes_of: Any) -> Select[str]:
    """Cut the page out of ``rows``, then make its documents, in the same order."""
    all_rows = rows.subquery()
    shown = select(all_rows).order_by(*_ordered(all_rows, query.order))
    page = shown.limit(query.limit).offset(query.offset).subquery()
    entry = _entry(page, volumes_of(page) if volumes_of else None)
    # PostgreSQL knows that the page is in this order already.
    return select(cast(entry, Text)).select_from(page).order_by(*_ordered(page, query.order))


def _ordered(rows: Subquery, order: GroupOrder) -> list[ColumnElement[Any]]:
    """The order by ``order``, ties broken by id; the default groups of two series differ by series."""
    by_name: list[ColumnElement[Any]] = [rows.c.sort_name, rows.c.id, rows.c.series_id]
    titles = [rows.c.series_sort_name, rows.c.series_id]
    orders: dict[GroupOrder, list[ColumnElement[Any]]] = {
        "name-asc": by_name,
        "name-desc": [column.desc() for column in by_name],
        "series-title-asc": [*titles, rows.c.series_order, rows.c.id],
        "series-title-desc": [*(column.desc() for column in titles), rows.c.series_order, rows.c.id],
    }
    return orders[order]


def _entry(row: Subquery, volumes_of_it: ColumnElement[Any] | None = None) -> ColumnElement[Any]:
    """The document of a group."""
    of_series = func.json_build_object(
        "id", row.c.series_id, "name", row.c.series_name, "type", row.c.series_type
    )
    fields = ["id", row.c.id, "name", row.c.name, "series_order", row.c.series_order, "series", of_series]
    return func.json_build_object(*fields, *(("volumes", volumes_of_it) if volumes_of_it is not None else ()))


def _volumes(row: Subquery) -> ColumnElement[Any]:
    return _volume_documents(volumes.c.group_id == row.c.id)


def _fallen_volumes(row: Subquery) -> ColumnElement[Any]:
    """The volumes of a default group; trashed groups have none any more."""
    fallen_out = (volumes.c.series_id == row.c.series_id, volumes.c.group_id.is_(None))
    return _volume_documents(row.c.id == DEFAULT_GROUP, *fallen_out)


def _volume_documents(*which: ColumnElement[bool]) -> ColumnElement[Any]:
    """The array of volumes ``which``, each as a list of groups shows it."""
    lock = select(func.json_build_object("id", locks.c.user_id, "username", locks.c.username)).where(
        locks.c.route == "volume", locks.c.id == volumes.c.id, locks.c.expires_at > func.now()
    )
    edition = select(editions.c.name).where(editions.c.id == volumes.c.edition_id)
    fields: dict[str, ColumnElement[Any]] = {
        "id": volumes.c.id,
        "name": volumes.c.name,
        "slug": volumes.c.slug,
        "language": volumes.c.language,
        "edition_id": volumes.c.edition_id,
        "edition_name": edition.scalar_subquery(),
        "special": cast(volumes.c.special, Integer),
        "special_name": volumes.c.special_name,
        "nsfw": cast(volumes.c.nsfw, Integer),
        "nsfw18": cast(volumes.c.nsfw18, Integer),
        "locked_by": lock.scalar_subquery(),
    }
    document = func.json_build_object(*(part for field in fields.items() for part in field))
    in_order = func.json_agg(aggregate_order_by(document, volumes.c.group_order, volumes.c.id))
    return select(func.coalesce(in_order, _NOTHING)).where(*which).scalar_subquery()

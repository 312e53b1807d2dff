"""Lists of volume groups: the main list, the trash, and the groups of one series.

Database views define the JSON of an entry; for groups outside the trash, triggers keep it up to date (see
``migrations``). A query first reads the keys of one page from an index, then fetches the entries of these
keys, so skipped rows cost little. Each form of the list is compiled to a statement once and then reused.
"""

from functools import cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, bindparam, func, select

from catalog.refusals import SERIES_NOT_FOUND
from catalog.schemas.groups import GroupNamesQuery, GroupOrder
from catalog.store.searching import matching, terms, weight
from catalog.store.tables import clients, group_keys, group_list, series, trash_list, volume_groups
from shared.postgres.engine import Database
from shared.web.listing import LIMIT, OFFSET, Entries, Listing, listing

_client = bindparam("client", type_=BigInteger)


def groups(
    database: Database, query: GroupNamesQuery, *, with_volumes: bool, trashed: bool = False
) -> Listing[Any]:
    """Return the groups of a client. If ``trashed``: the trashed groups and the default groups instead."""
    shape = _trash if trashed else _groups
    entries = shape(query.order, with_volumes=with_volumes, searched=bool(query.search))
    return listing(database, "groups", entries, query, client=query.client, **terms(query.search))


def of_series(db: Connection, series_id: int) -> str:
    """Return the groups of a series as a JSON array, in order. Raises 404 ``Series not found``."""
    if db.execute(select(series.c.id).where(series.c.id == series_id)).first() is None:
        raise SERIES_NOT_FOUND
    texts = select(group_list.c.without_volumes).join(
        volume_groups, volume_groups.c.id == group_list.c.group_id
    )
    in_order = texts.where(volume_groups.c.series_id == series_id).order_by(volume_groups.c.series_order)
    return f"[{','.join(db.execute(in_order).scalars())}]"


@cache
def _groups(order: GroupOrder, *, with_volumes: bool, searched: bool) -> Entries:
    keys: Any = group_keys
    total = select(
        func.coalesce(select(clients.c.group_count).where(clients.c.id == _client).scalar_subquery(), 0)
    )
    if searched:
        # Page and total use the same common table expression, so the search runs once.
        keys = (
            select(group_keys)
            .where(group_keys.c.client_id == _client, matching(group_keys.c.search))
            .cte("found")
        )
        total = select(func.count()).select_from(keys)
    page = _page(keys, order)
    entry = select(_text(group_list, with_volumes)).where(group_list.c.group_id == page.c.group_id)
    # One generic plan is good with and without a search: an index finds the rows in both cases.
    return Entries(_entries(page, entry), total, planned_once=True)


@cache
def _trash(order: GroupOrder, *, with_volumes: bool, searched: bool) -> Entries:
    of_client = select(trash_list).where(trash_list.c.client_id == _client)
    keys = (of_client.where(weight(trash_list.c.search)) if searched else of_client).subquery("trashed")
    page = _page(keys, order)
    # All default groups have the id -1, so the series id is compared too.
    meant = (trash_list.c.group_id == page.c.group_id, trash_list.c.series_id == page.c.series_id)
    entry = select(_text(trash_list, with_volumes)).where(*meant)
    return Entries(_entries(page, entry), select(func.count()).select_from(keys))


def _page(keys: Any, order: GroupOrder) -> Any:
    """Select the keys of one page from ``keys``."""
    shown = select(keys.c.group_id, keys.c.series_id).where(keys.c.client_id == _client)
    return shown.order_by(*_ordered(keys, order)).limit(LIMIT).offset(OFFSET).subquery("page")


def _entries(page: Any, entry: Select[str]) -> Select[str]:
    """Select the entries of a page. A scalar subquery per row keeps the page order; a join need not."""
    return select(entry.scalar_subquery()).select_from(page)


def _text(entries: Any, with_volumes: bool) -> ColumnElement[str]:
    column: ColumnElement[str] = entries.c.with_volumes if with_volumes else entries.c.without_volumes
    return column


def _ordered(keys: Any, order: GroupOrder) -> list[ColumnElement[Any]]:
    """Return the sort columns for ``order``. Ties are broken by group id, then by series id."""
    by_name: list[ColumnElement[Any]] = [keys.c.sort_name, keys.c.group_id, keys.c.series_id]
    titles = [keys.c.series_sort_name, keys.c.series_id]
    orders: dict[GroupOrder, list[ColumnElement[Any]]] = {
        "name-asc": by_name,
        "name-desc": [column.desc() for column in by_name],
        "series-title-asc": [*titles, keys.c.series_order, keys.c.group_id],
        "series-title-desc": [*(column.desc() for column in titles), keys.c.series_order, keys.c.group_id],
    }
    return orders[order]

"""Lists of volume groups: the normal one, that of the trash, and that of one series.

What an entry holds is said by views of the schema, and kept ready by triggers for groups out of the trash (see
``migrations``). A page is cut out of an index first, then its entries are fetched: what is skipped costs little.
The statements are made once for each shape of a list, and used again with other values.
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
    """Return the groups of a client: those in the trash, with the default groups, or those that are not."""
    shape = _trash if trashed else _groups
    entries = shape(query.order, with_volumes=with_volumes, searched=bool(query.search))
    return listing(database, "groups", entries, query, client=query.client, **terms(query.search))


def of_series(db: Connection, series_id: int) -> str:
    """Return the JSON text of a series' groups, in their order; raises 404 ``Series not found``."""
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
        # Page and total look into the same table expression, so that the search is done once.
        keys = (
            select(group_keys)
            .where(group_keys.c.client_id == _client, matching(group_keys.c.search))
            .cte("found")
        )
        total = select(func.count()).select_from(keys)
    page = _page(keys, order)
    entry = select(_text(group_list, with_volumes)).where(group_list.c.group_id == page.c.group_id)
    # Searched or not, there is one good plan: an index finds what is shown, however much that is.
    return Entries(_entries(page, entry), total, planned_once=True)


@cache
def _trash(order: GroupOrder, *, with_volumes: bool, searched: bool) -> Entries:
    of_client = select(trash_list).where(trash_list.c.client_id == _client)
    keys = (of_client.where(weight(trash_list.c.search)) if searched else of_client).subquery("trashed")
    page = _page(keys, order)
    # A default group has no id of its own: the series tells which one it is.
    meant = (trash_list.c.group_id == page.c.group_id, trash_list.c.series_id == page.c.series_id)
    entry = select(_text(trash_list, with_volumes)).where(*meant)
    return Entries(_entries(page, entry), select(func.count()).select_from(keys))


def _page(keys: Any, order: GroupOrder) -> Any:
    """Cut the page out of the rows ``keys``."""
    shown = select(keys.c.group_id, keys.c.series_id).where(keys.c.client_id == _client)
    return shown.order_by(*_ordered(keys, order)).limit(LIMIT).offset(OFFSET).subquery("page")


def _entries(page: Any, entry: Select[str]) -> Select[str]:
    """Fetch the entries of the page. A subquery for each, as a join would be free to turn their order around."""
    return select(entry.scalar_subquery()).select_from(page)


def _text(entries: Any, with_volumes: bool) -> ColumnElement[str]:
    column: ColumnElement[str] = entries.c.with_volumes if with_volumes else entries.c.without_volumes
    return column


def _ordered(keys: Any, order: GroupOrder) -> list[ColumnElement[Any]]:
    """The order by ``order``, ties broken by id; the default groups of two series differ by series."""
    by_name: list[ColumnElement[Any]] = [keys.c.sort_name, keys.c.group_id, keys.c.series_id]
    titles = [keys.c.series_sort_name, keys.c.series_id]
    orders: dict[GroupOrder, list[ColumnElement[Any]]] = {
        "name-asc": by_name,
        "name-desc": [column.desc() for column in by_name],
        "series-title-asc": [*titles, keys.c.series_order, keys.c.group_id],
        "series-title-desc": [*(column.desc() for column in titles), keys.c.series_order, keys.c.group_id],
    }
    return orders[order]

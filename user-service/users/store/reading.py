"""Queries of reading statuses. A user has at most one for a series; together they are the reading history."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    insert,
    select,
)
from sqlalchemy import delete as deletion
from sqlalchemy import update as change

from shared.fields.text import like_pattern
from shared.postgres.engine import Database
from shared.web.listing import LIMIT, OFFSET, Entries, Listing, listing
from shared.web.pagination import PageQuery
from users.presenters import ReadingHistory
from users.store.cards import (
    Columns,
    hidden_json,
    json_object,
    language_parameter,
    series_card,
    series_fields,
    visible,
)
from users.store.tables import reading_statuses as statuses

HistoryOrder = Literal[
    "name-asc",
    "name-desc",
    "update-asc",
    "update-desc",
    "priority-asc",
    "priority-desc",
    "score-asc",
    "score-desc",
    "start-date-asc",
    "start-date-desc",
    "end-date-asc",
    "end-date-desc",
]

_NULLABLE = frozenset({"score", "start-date", "end-date"})
"""Order fields whose column may be null."""


def history(
    database: Database,
    user_id: int,
    query: PageQuery,
    *,
    order: HistoryOrder,
    language: str | None,
    client: int | None,
    hidden_too: bool,
) -> Listing[ReadingHistory]:
    """Return a page of a user's reading history: series, each with its entry.

    Missing values come last in both directions; ties are broken by series id. Hidden series sort after all names.
    Only readers with ``hidden_too`` see their documents and find them by a search.
    """
    entries = _entries(
        order,
        in_language=language is not None,
        of_client=client is not None,
        searched=bool(query.search),
    )
    values = {"user": user_id, "client": client, "language": language, "hidden_too": hidden_too}
    return listing(database, "series", entries, query, **values, pattern=like_pattern(query.search))


def entry(db: Connection, user_id: int, series_id: int) -> str | None:
    """Return the JSON of a user's reading status of a series, None if there is none."""
    json = cast(_entry(statuses.c), Text)
    return db.execute(select(json).where(_of(user_id, series_id))).scalar_one_or_none()


def add(
    db: Connection, user_id: int, series_id: int, client: int, values: Mapping[str, Any], *, hidden_too: bool
) -> bool:
    """Add a reading status; False if the client has no such series that the user may see.

    Constraints of the table reject a second status and a user or series deleted meanwhile.
    """
    known = and_(series_card.c.id == series_id, series_card.c.client_id == client, visible(series_card.c))
    if db.execute(select(series_card.c.id).where(known), {"hidden_too": hidden_too}).first() is None:
        return False
    db.execute(insert(statuses).values(user_id=user_id, series_id=series_id, client_id=client, **values))
    return True


def update(db: Connection, user_id: int, series_id: int, client: int, values: Mapping[str, Any]) -> bool:
    """Change the columns in ``values``; False if the user has no status of such a series of the client."""
    own = and_(_of(user_id, series_id), statuses.c.client_id == client)
    return db.execute(change(statuses).where(own).values(last_update=func.now(), **values)).rowcount > 0


def delete(db: Connection, user_id: int, series_id: int) -> bool:
    """Delete a reading status; False if there is none."""
    return db.execute(deletion(statuses).where(_of(user_id, series_id))).rowcount > 0


def _of(user_id: int, series_id: int) -> ColumnElement[bool]:
    return and_(statuses.c.user_id == user_id, statuses.c.series_id == series_id)


@cache
def _entries(order: HistoryOrder, *, in_language: bool, of_client: bool, searched: bool) -> Entries:
    found = _found(of_client=of_client, searched=searched)
    page = _in_order(found, order).limit(LIMIT).offset(OFFSET).subquery("page")
    document = _document(page.c, language_parameter(given=in_language))
    # Without a search the plan always begins with the index over a user's entries, so one plan serves all calls.
    total = select(func.count()).select_from(found)
    return Entries(select(document).select_from(page), total, planned_once=not searched)


def _found(*, of_client: bool, searched: bool) -> FromClause:
    """Return the query of a user's entries; if ``searched``, those whose series matches."""
    found = select(statuses).where(statuses.c.user_id == bindparam("user", type_=BigInteger))
    if of_client:
        found = found.where(statuses.c.client_id == bindparam("client", type_=BigInteger))
    if not searched:
        return found.subquery("found")
    named = found.join(series_card, series_card.c.id == statuses.c.series_id)
    # As a common table expression the search runs once for both the count and the page.
    matching = series_card.c.search.like(bindparam("pattern", type_=Text))
    return named.where(visible(series_card.c), matching).cte("found")


def _in_order(found: FromClause, order: HistoryOrder) -> Select[Any]:
    field, _, direction = order.rpartition("-")
    key = _key(field, found.c)
    sorted_key = key.desc() if direction == "desc" else key.asc()
    # Only for nullable columns: no index serves NULLS LAST.
    return select(found).order_by(
        sorted_key.nulls_last() if field in _NULLABLE else sorted_key, found.c.series_id
    )


def _key(field: str, entries: Columns) -> ColumnElement[Any]:
    keys: Mapping[str, ColumnElement[Any]] = {
        "name": entries.series_sort_name,
        "update": entries.last_update,
        "priority": case({"low": 1, "mid": 2, "high": 3}, value=entries.priority),
        "score": entries.score,
        "start-date": entries.start_date,
        "end-date": entries.end_date,
    }
    return keys[field]


def _document(page: Columns, language: BindParameter[str] | None) -> ColumnElement[str]:
    """Return the JSON of a row of the page. Built with a subquery: a join could change the order of the rows."""
    own = {"reading-history": _entry(page)}
    shown = cast(json_object(series_fields(language) | own), Text)
    text = case((visible(series_card.c), shown), else_=hidden_json(page.series_id, own))
    return select(text).where(series_card.c.id == page.series_id).scalar_subquery()


def _entry(row: Columns) -> ColumnElement[Any]:
    return json_object(
        {
            "user_id": row.user_id,
            "series_id": row.series_id,
            "visibility": row.visibility,
            "status": row.status,
            "progress": row.progress,
            "progress_type": row.progress_type,
            "score": row.score,
            "priority": row.priority,
            "reread": row.reread,
            "start": row.start_date,
            "end": row.end_date,
            "notes": row.notes,
            "last_update": row.last_update,
        }
    )

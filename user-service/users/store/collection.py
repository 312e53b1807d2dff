"""Queries of collections, the volumes that users own."""

from datetime import date
from decimal import Decimal
from functools import cache

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    FromClause,
    Subquery,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    insert,
    or_,
    select,
)
from sqlalchemy import delete as deletion
from sqlalchemy import update as change

from shared.fields.text import like_pattern
from shared.postgres.engine import Database
from shared.web.listing import LIMIT, OFFSET, Entries, Listing, listing
from shared.web.pagination import PageQuery
from users.presenters import Collection
from users.store.cards import (
    alias,
    hidden_json,
    json_object,
    language_parameter,
    series_card,
    visible,
    volume_card,
)
from users.store.tables import collection_items as items


def page(
    database: Database,
    user_id: int,
    query: PageQuery,
    *,
    client: int,
    language: str | None,
    descending: bool,
    hidden_too: bool,
) -> Listing[Collection]:
    """Return a page of a user's volumes of a client, by series name, descending if ``descending``.

    Within a series, volumes come in reading order. Hidden volumes sort after all names. Only readers with
    ``hidden_too`` see their documents and find them by a search.
    """
    entries = _entries(descending=descending, in_language=language is not None, searched=bool(query.search))
    values = {"user": user_id, "client": client, "language": language, "hidden_too": hidden_too}
    return listing(database, "volumes", entries, query, **values, pattern=like_pattern(query.search))


def stats(db: Connection, user_id: int, client: int) -> str:
    """Return the JSON of ``CollectionStats`` for a user's volumes of a client; the sum is exact to the cent."""
    numbers = json_object(
        {
            "total_items": func.count(),
            "total_spent": func.coalesce(func.sum(items.c.price), 0),
            "first_buy": func.min(items.c.buy_date),
            "last_buy": func.max(items.c.buy_date),
        }
    )
    stats = select(cast(numbers, Text)).where(items.c.user_id == user_id, items.c.client_id == client)
    return db.execute(stats).scalar_one()


def add(
    db: Connection,
    user_id: int,
    volume_id: int,
    *,
    client: int,
    price: Decimal | None,
    bought: date | None,
    hidden_too: bool,
) -> int | None:
    """Add a volume and return the new item's id, None if the client has no such volume that the user may see.

    Constraints of the table reject a duplicate and a user or volume deleted meanwhile.
    """
    known = and_(volume_card.c.id == volume_id, volume_card.c.client_id == client, visible(volume_card.c))
    values = {"hidden_too": hidden_too}
    series_id = db.execute(select(volume_card.c.series_id).where(known), values).scalar_one_or_none()
    if series_id is None:
        return None
    place = {"user_id": user_id, "volume_id": volume_id, "series_id": series_id}
    item = insert(items).values(place | {"price": price, "buy_date": bought})
    return int(db.execute(item.returning(items.c.id)).scalar_one())


def update(db: Connection, user_id: int, item_id: int, price: Decimal, bought: date) -> bool:
    """Change an item; False if the user has no such item."""
    values = {"price": price, "buy_date": bought}
    return db.execute(change(items).where(_own(user_id, item_id)).values(values)).rowcount > 0


def delete(db: Connection, user_id: int, item_id: int) -> bool:
    """Delete an item; False if the user has no such item."""
    return db.execute(deletion(items).where(_own(user_id, item_id))).rowcount > 0


def _own(user_id: int, item_id: int) -> ColumnElement[bool]:
    return and_(items.c.id == item_id, items.c.user_id == user_id)


@cache
def _entries(*, descending: bool, in_language: bool, searched: bool) -> Entries:
    found = _found(searched=searched)
    wanted = _page(found, descending=descending)
    document = _document(wanted, language_parameter(given=in_language))
    # Without a search the plan is always a scan along the index, so one plan serves all calls.
    total = select(func.count()).select_from(found)
    return Entries(select(document).select_from(wanted), total, planned_once=not searched)


def _found(*, searched: bool) -> FromClause:
    """Return the query of a user's items of a client; if ``searched``, those whose series or volume matches."""
    user, client = bindparam("user", type_=BigInteger), bindparam("client", type_=BigInteger)
    found = select(items).where(items.c.user_id == user, items.c.client_id == client)
    if not searched:
        return found.subquery("found")
    pattern = bindparam("pattern", type_=Text)
    named = found.join(series_card, series_card.c.id == items.c.series_id).join(
        volume_card, volume_card.c.id == items.c.volume_id
    )
    matching = or_(series_card.c.search.like(pattern), volume_card.c.search.like(pattern))
    # As a common table expression the search runs once for both the count and the page.
    return named.where(visible(volume_card.c), matching).cte("found")


def _page(found: FromClause, *, descending: bool) -> Subquery:
    """Return the query of the page's items, in order.

    The index covers the order of the series but not the order within a series. The query therefore looks up the
    series with which the page begins and sorts only from there on.
    """
    title, series = found.c.series_sort_name, found.c.series_id
    by_series = [title.desc() if descending else title.asc(), series]
    first = select(title, series).order_by(*by_series).limit(1).offset(OFFSET).cte("first")
    first_title = select(first.c.series_sort_name).scalar_subquery()
    first_series = select(first.c.series_id).scalar_subquery()
    title_onwards, title_earlier = title >= first_title, title <= first_title
    if descending:
        title_onwards, title_earlier = title_earlier, title_onwards
    onwards = and_(title_onwards, or_(title != first_title, series >= first_series))
    earlier = and_(title_earlier, or_(title != first_title, series < first_series))
    before = select(func.count()).select_from(found).where(earlier).correlate(None).scalar_subquery()
    reading = [volume_card.c.series_order.nulls_last(), volume_card.c.group_order, volume_card.c.id]
    return (
        select(found)
        .join(volume_card, volume_card.c.id == found.c.volume_id)
        .where(onwards)
        .order_by(*by_series, *reading)
        .limit(LIMIT)
        .offset(OFFSET - before)
        .subquery("page")
    )


def _document(page: Subquery, language: BindParameter[str] | None) -> ColumnElement[str]:
    """Return the JSON of an item of the page. Built with subqueries: a join could change the order of the rows."""
    item, card = page.c, series_card.c
    series = json_object({"id": card.id, "name": card.name, "type": card.type, "alias": alias(language)})
    bought = json_object({"item_id": item.id, "buy_date": item.buy_date, "price": item.price})
    its_series = select(series).where(card.id == item.series_id).correlate(page).scalar_subquery()
    added = json_object({"series": its_series, "collection": bought})
    # Concatenated as text: parsing and merging them as JSON takes as long as building them.
    shown = (
        func.left(cast(volume_card.c.document, Text), -1)
        .concat(",")
        .concat(func.substr(cast(added, Text), 2))
    )
    text = case((visible(volume_card.c), shown), else_=hidden_json(item.volume_id, {"collection": bought}))
    return select(text).where(volume_card.c.id == item.volume_id).scalar_subquery()

"""Collections: the volumes that users own."""

from datetime import date
from decimal import Decimal

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Subquery,
    Text,
    and_,
    cast,
    func,
    insert,
    or_,
    select,
)
from sqlalchemy import delete as deletion
from sqlalchemy import update as change
from sqlalchemy.dialects.postgresql import JSONB

from shared.database import Database
from shared.listing import Entries, Listing, listing
from shared.pages import PageQuery
from shared.text import like_pattern
from users.presenters import Collection
from users.store.cards import Columns, alias, json_object, series_card, volume_card
from users.store.tables import collection_items as items


def page(
    database: Database, user_id: int, query: PageQuery, *, client: int, language: str | None, turned: bool
) -> Listing[Collection]:
    """Return a page of a user's volumes of a client, by the series' name, or by it ``turned`` around.

    Within a series they come in reading order, those in no group last.
    """
    found = _found(user_id, query.search)
    shelves = _shelves(found, client, turned=turned)
    wanted = _page(found, shelves, query)
    entries = Entries(
        select(_document(wanted.c, language)).select_from(wanted),
        select(cast(func.coalesce(func.sum(shelves.c.volumes), 0), BigInteger)),
    )
    return listing(database, "volumes", entries, query)


def stats(db: Connection, user_id: int, client: int) -> str:
    """Return the JSON of what a user's volumes of a client have cost, the sum exact to the cent."""
    numbers = json_object(
        {
            "total_items": func.count(),
            "total_spent": func.coalesce(func.sum(items.c.price), 0),
            "first_buy": func.min(items.c.buy_date),
            "last_buy": func.max(items.c.buy_date),
        }
    )
    stats = (
        select(cast(numbers, Text))
        .select_from(items)
        .join(series_card, series_card.c.id == items.c.series_id)
        .where(items.c.user_id == user_id, series_card.c.client_id == client)
    )
    return db.execute(stats).scalar_one()


def add(
    db: Connection, user_id: int, volume_id: int, *, client: int, price: Decimal | None, bought: date | None
) -> int | None:
    """Add a volume and return the new item's id, None where the client has no such volume.

    Whether it is there already, and whether user and volume still exist, the table's constraints know.
    """
    known = and_(volume_card.c.id == volume_id, volume_card.c.client_id == client)
    series_id = db.execute(select(volume_card.c.series_id).where(known)).scalar_one_or_none()
    if series_id is None:
        return None
    place = {"user_id": user_id, "volume_id": volume_id, "series_id": series_id}
    item = insert(items).values(place | {"price": price, "buy_date": bought})
    return int(db.execute(item.returning(items.c.id)).scalar_one())


def update(db: Connection, user_id: int, item_id: int, price: Decimal, bought: date) -> bool:
    """Change an item; False where the user has no such item."""
    values = {"price": price, "buy_date": bought}
    return db.execute(change(items).where(_own(user_id, item_id)).values(values)).rowcount > 0


def delete(db: Connection, user_id: int, item_id: int) -> bool:
    """Delete an item; False where the user has no such item."""
    return db.execute(deletion(items).where(_own(user_id, item_id))).rowcount > 0


def _own(user_id: int, item_id: int) -> ColumnElement[bool]:
    return and_(items.c.id == item_id, items.c.user_id == user_id)


def _found(user_id: int, search: str) -> FromClause:
    """A user's items whose series or volume matches ``search``."""
    found = select(items).where(items.c.user_id == user_id)
    if not search:
        return found.subquery("found")
    pattern = like_pattern(search)
    named = found.join(series_card, series_card.c.id == items.c.series_id).join(
        volume_card, volume_card.c.id == items.c.volume_id
    )
    matching = or_(series_card.c.search.like(pattern), volume_card.c.search.like(pattern))
    # A common table expression is searched once, though it is both counted and shown.
    return named.where(matching).cte("found")


def _shelves(found: FromClause, client: int, *, turned: bool) -> CTE:
    """The series of the client among what was found, each with its number of volumes and of those before it.

    Series are sorted first, so that only those on the page have their volumes sorted.
    """
    volumes = func.count().label("volumes")
    owned = select(found.c.series_id, volumes).group_by(found.c.series_id).subquery("owned")
    title = series_card.c.sort_name.desc() if turned else series_card.c.sort_name.asc()
    up_to_it = func.sum(owned.c.volumes).over(order_by=[title, series_card.c.id])
    before = cast(up_to_it - owned.c.volumes, BigInteger).label("before")
    shelves = select(owned.c.series_id, owned.c.volumes, before)
    return (
        shelves.join_from(owned, series_card, series_card.c.id == owned.c.series_id)
        .where(series_card.c.client_id == client)
        .cte("shelves")
    )


def _page(found: FromClause, shelves: CTE, query: PageQuery) -> Subquery:
    """The items of the page, in order."""
    first, last = query.offset, query.offset + query.limit
    in_series = func.row_number().over(
        partition_by=found.c.series_id,
        order_by=[volume_card.c.series_order.nulls_last(), volume_card.c.group_order, volume_card.c.id],
    )
    placed = (
        select(found, (shelves.c.before + in_series).label("position"))
        .join_from(shelves, found, found.c.series_id == shelves.c.series_id)
        .join(volume_card, volume_card.c.id == found.c.volume_id)
        .where(shelves.c.before < last, shelves.c.before + shelves.c.volumes > first)
        .subquery("placed")
    )
    position = placed.c.position
    return select(placed).where(position > first, position <= last).order_by(position).subquery("page")


def _document(item: Columns, language: str | None) -> ColumnElement[str]:
    """The JSON of an item. Subqueries, as joins would be free to turn the order around."""
    volume = select(volume_card.c.document).where(volume_card.c.id == item.volume_id).scalar_subquery()
    card = series_card.c
    series = json_object({"id": card.id, "name": card.name, "type": card.type, "alias": alias(language)})
    bought = json_object({"item_id": item.id, "buy_date": item.buy_date, "price": item.price})
    added = json_object(
        {"series": select(series).where(card.id == item.series_id).scalar_subquery(), "collection": bought}
    )
    return cast(cast(volume, JSONB).op("||")(cast(added, JSONB)), Text)

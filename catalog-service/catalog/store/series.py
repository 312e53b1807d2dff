"""Series: reading, adding, editing and deleting them."""

from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Row,
    Text,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_or_leave

from catalog.refusals import SERIES_NOT_FOUND
from catalog.rules.searching import searchable
from catalog.rules.series import free_slug, stem, unnumbered
from catalog.schemas.series import NewSeries, SeriesChanges
from catalog.series_presenters import CreatedSeries, SeriesPage
from catalog.store import aliases, descriptions, editions, slugs
from catalog.store.ordering import lock_changed_series
from catalog.store.searching import matching, terms
from catalog.store.series_json import details_json, series_json
from catalog.store.tables import clients, series, series_card, volumes
from shared.fields.text import natural_key
from shared.postgres.engine import Database
from shared.web.listing import LIMIT, OFFSET, Entries, Listing, listing
from shared.web.pagination import PageQuery

_ORDERS = {"name": series.c.sort_name, "added": series.c.added}


def page(
    database: Database, query: PageQuery, client: int, order: str, language: str | None
) -> Listing[SeriesPage]:
    """Return one page of a client's series, with titles and descriptions in ``language``."""
    entries = _entries(order, in_language=language is not None, searched=bool(query.search))
    values = {"client": client, "language": language}
    return listing(database, "series", entries, query, **values, **terms(query.search))


@cache
def _entries(order: str, *, in_language: bool, searched: bool) -> Entries:
    by, _, direction = order.partition("-")
    columns = _ORDERS[by], series.c.id
    matches = [series.c.client_id == bindparam("client", type_=BigInteger)]
    if searched:
        matches.append(matching(series.c.search))
    ids = select(series.c.id).where(*matches)
    ids = ids.order_by(*(column.desc() if direction == "desc" else column for column in columns))
    shown = ids.limit(LIMIT).offset(OFFSET).subquery()
    language = bindparam("language", type_=Text) if in_language else None
    # A scalar subquery per row, not a join: skipped rows build no JSON, and rows can be streamed.
    document = select(series_json(language)).where(series_card.c.id == shown.c.id).scalar_subquery()
    total = select(func.count()).select_from(series).where(*matches)
    return Entries(select(document).select_from(shown), total, planned_once=not searched)


def details(db: Connection, series_id: int, language: str | None) -> str:
    """Return a ``SeriesDetails`` as JSON text. Raises 404 ``Series not found``."""
    document = select(details_json(language)).where(series_card.c.id == series_id)
    found: str | None = db.execute(document).scalar_one_or_none()
    if found is None:
        raise SERIES_NOT_FOUND
    return found


def check_visible(db: Connection, series_id: int, *, hidden_too: bool) -> None:
    """Raise 404 ``Series not found`` if the series is unknown, or hidden and not ``hidden_too``."""
    hidden = db.execute(
        select(series_card.c.hidden).where(series_card.c.id == series_id)
    ).scalar_one_or_none()
    if hidden is None or (hidden and not hidden_too):
        raise SERIES_NOT_FOUND


def add(db: Connection, new: NewSeries) -> CreatedSeries:
    """Add a series. The first series of a client also creates the client's row.

    A name and type that the client has already violate ``series_name_type_unique`` (409).
    """
    db.execute(insert_or_leave(clients).values(id=new.client).on_conflict_do_nothing())
    _lock_names(db, new.client, new.name)
    slug = _slug(db, new.client, new.name)
    row: dict[str, Any] = _named(new.name) | {"client_id": new.client, "type": new.type, "slug": slug}
    row["public"] = new.public
    row["search"] = searchable([new.name])
    added = db.execute(insert(series).values(row).returning(series.c.id)).scalar_one()
    return {"id": added, "slug": slug}


def edit(db: Connection, series_id: int, changes: SeriesChanges) -> None:
    """Change a series and its parts, and update search texts and slugs that depend on its names.

    Raises 404 ``Series not found`` (also if it does not belong to ``changes.client``), 409 ``Edition in
    use``, and a 400 for a list that contains a foreign id.
    """
    before = _locked(db, series_id)
    if changes.client not in (None, before.client_id):
        raise SERIES_NOT_FOUND
    aliases.change(db, series_id, changes)
    descriptions.change(db, series_id, changes)
    slugs_change = editions.change(db, series_id, changes)
    columns = changes.columns()
    if {"name", "type"} & columns.keys():
        _lock_names(db, before.client_id, before.name, columns.get("name", before.name))
    if columns.get("name", before.name) != before.name:
        columns |= _renamed(db, before, changes.name)
        slugs_change = True
    names = [columns.get("name", before.name), *aliases.names(db, series_id)]
    columns["search"] = searchable(names)
    db.execute(update(series).where(series.c.id == series_id).values(columns))
    if slugs_change:
        slugs.refresh(db, volumes.c.series_id == series_id)


def delete_whole(db: Connection, series_id: int) -> None:
    """Delete a series and everything in it. A trigger marks the keys of its covers as doomed."""
    db.execute(delete(series).where(series.c.id == series_id))


def has_volumes(db: Connection, series_id: int) -> bool:
    """Lock a series and return whether it has volumes. Raises 404 ``Series not found``.

    No volume can be added to it until the end of the transaction.
    """
    _locked(db, series_id)
    return db.execute(select(exists().where(volumes.c.series_id == series_id))).scalar_one()


def _locked(db: Connection, series_id: int) -> Row[Any]:
    lock_changed_series(db, series_id)
    row = db.execute(select(series).where(series.c.id == series_id).with_for_update()).first()
    if row is None:
        raise SERIES_NOT_FOUND
    return row


def _named(name: str) -> dict[str, str]:
    return {"name": name, "name_key": name.casefold(), "sort_name": natural_key(name)}


def _renamed(db: Connection, before: Row[Any], name: str) -> dict[str, str]:
    if stem(name) == stem(before.name):
        return _named(name)
    return _named(name) | {"slug": _slug(db, before.client_id, name)}


def _lock_names(db: Connection, client: int, *names: str) -> None:
    """Take the advisory locks of series names of a client, and of the slugs derived from them.

    The statement takes locks in sorted order, so two transactions that swap names cannot deadlock.
    """
    db.execute(_LOCK_NAMES, {"names": [f"series of {client}: {unnumbered(stem(name))}" for name in names]})


_LOCK_NAMES = text("""
    SELECT pg_advisory_xact_lock(key) FROM (
        SELECT DISTINCT hashtextextended(name, 0) AS key FROM unnest(CAST(:names AS text[])) AS name ORDER BY key
    ) AS named
""")


def _slug(db: Connection, client: int, name: str) -> str:
    """Return a slug that no series of the client has. The caller holds the lock of the name."""
    wanted = stem(name)
    numbered = series.c.slug.startswith(f"{wanted}-", autoescape=True)
    rows = select(series.c.slug).where(series.c.client_id == client, or_(series.c.slug == wanted, numbered))
    return free_slug(wanted, set(db.execute(rows).scalars()))

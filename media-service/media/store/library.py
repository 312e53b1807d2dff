"""Queries of media library entries and their picture keys."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import CTE, Connection, Text, bindparam, delete, func, insert, select, true, update

from media.presenters import MediaPage, SimilarMediaPage
from media.refusals import MEDIA_NOT_FOUND
from media.rules.search_text import search_text
from media.store.media_json import media_json
from media.store.tables import files, media
from shared.fields.text import like_pattern
from shared.files.ledger import Ledger
from shared.postgres.engine import Database
from shared.web.listing import LIMIT, OFFSET, Entries, Listing, listing
from shared.web.pagination import PageQuery

ledger = Ledger(files)


def page(database: Database, query: PageQuery, *, newest_first: bool) -> Listing[MediaPage]:
    """Return one page of entries, sorted by time of upload."""
    entries = _entries(newest_first=newest_first, searched=bool(query.search))
    return listing(database, "media", entries, query, **_terms(query.search))


@cache
def _entries(*, newest_first: bool, searched: bool) -> Entries:
    order = [column.desc() if newest_first else column for column in (media.c.added, media.c.id)]
    entries = select(media_json()).where(_matches(searched=searched)).order_by(*order)
    total = select(func.count()).select_from(media).where(_matches(searched=searched))
    return Entries(entries.limit(LIMIT).offset(OFFSET), total, planned_once=not searched)


def add(db: Connection, key: str, name: str, tags: Sequence[str], facts: Mapping[str, Any]) -> int:
    """Add an entry for the stored picture ``key`` and return its id. Raises 503 if the key is not pending.

    ``facts`` are the picture's properties, by column name of ``media``.
    """
    ledger.attach(db, key)
    entry = insert(media).values({**_described(name, tags), **facts, "key": key})
    media_id: int = db.execute(entry.returning(media.c.id)).scalar_one()
    return media_id


def similar(database: Database, query: PageQuery, found: CTE) -> Listing[SimilarMediaPage]:
    """Return one page of the entries in ``found`` (``id``, ``distance``), nearest first."""
    matches = _matches(searched=bool(query.search))
    joined = media.join(found, found.c.id == media.c.id)
    page = select(media_json(found.c.distance)).select_from(joined).where(matches)
    page = page.order_by(found.c.distance, media.c.id).limit(LIMIT).offset(OFFSET)
    total = select(func.count()).select_from(joined).where(matches)
    return listing(database, "media", Entries(page, total), query, **_terms(query.search))


def edit(db: Connection, media_id: int, name: str, tags: Sequence[str]) -> None:
    """Rename an entry and set its tags. Raises 404 ``Media not found``."""
    if db.execute(update(media).where(media.c.id == media_id).values(_described(name, tags))).rowcount == 0:
        raise MEDIA_NOT_FOUND


def remove(db: Connection, media_id: int) -> None:
    """Delete an entry and its volume associations. Raises 404 ``Media not found``.

    A trigger marks its picture key as doomed.
    """
    if db.execute(delete(media).where(media.c.id == media_id)).rowcount == 0:
        raise MEDIA_NOT_FOUND


def picture(db: Connection, media_id: int) -> str:
    """Return the storage key of an entry's picture. Raises 404 ``Media not found``."""
    key: str | None = db.execute(select(media.c.key).where(media.c.id == media_id)).scalar_one_or_none()
    if key is None:
        raise MEDIA_NOT_FOUND
    return key


def _matches(*, searched: bool) -> Any:
    return media.c.search.like(bindparam("pattern", type_=Text), escape="\\") if searched else true()


def _terms(search: str) -> Mapping[str, str]:
    return {"pattern": like_pattern(search)} if search else {}


def _described(name: str, tags: Sequence[str]) -> dict[str, Any]:
    return {"name": name, "tags": list(tags), "search": search_text(name, tags)}

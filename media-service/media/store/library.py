"""The media library: its entries and their pictures' keys."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import CTE, Connection, Select, delete, func, insert, select, true, update

from media.presenters import media_json
from media.refusals import MEDIA_NOT_FOUND
from media.rules.search import search_text
from media.store.tables import files, media
from shared.ledger import Ledger
from shared.pages import PageQuery
from shared.text import like_pattern

ledger = Ledger(files)


def page(query: PageQuery, *, newest_first: bool) -> Select[str]:
    """Select one page of entries as JSON texts, by the time they were added."""
    order = [column.desc() if newest_first else column for column in (media.c.added, media.c.id)]
    entries = select(media_json()).where(_matches(query.search)).order_by(*order)
    return entries.limit(query.limit).offset(query.offset)


def total(query: PageQuery) -> Select[int]:
    """Count the entries that match."""
    return select(func.count()).select_from(media).where(_matches(query.search))


def add(db: Connection, key: str, name: str, tags: Sequence[str], facts: Mapping[str, Any]) -> int:
    """Add an entry for the stored picture ``key``; returns its id. Raises 503 when the key is not pending.

    ``facts`` are the columns of ``media`` that tell what the picture is like.
    """
    ledger.attach(db, key)
    entry = insert(media).values({**_described(name, tags), **facts, "key": key})
    media_id: int = db.execute(entry.returning(media.c.id)).scalar_one()
    return media_id


def similar(query: PageQuery, found: CTE) -> Select[str]:
    """Select one page of the entries in ``found`` (``id``, ``distance``) as JSON texts, the nearest first."""
    entries = select(media_json(found.c.distance)).join(found, found.c.id == media.c.id)
    page = entries.where(_matches(query.search)).order_by(found.c.distance, media.c.id)
    return page.limit(query.limit).offset(query.offset)


def similar_total(query: PageQuery, found: CTE) -> Select[int]:
    """Count the entries in ``found`` that match."""
    joined = media.join(found, found.c.id == media.c.id)
    return select(func.count()).select_from(joined).where(_matches(query.search))


def edit(db: Connection, media_id: int, name: str, tags: Sequence[str]) -> None:
    """Rename an entry and set its tags; raises 404 ``Media not found``."""
    if db.execute(update(media).where(media.c.id == media_id).values(_described(name, tags))).rowcount == 0:
        raise MEDIA_NOT_FOUND


def remove(db: Connection, media_id: int) -> None:
    """Remove an entry; volumes lose it, a trigger dooms its picture. Raises 404 ``Media not found``."""
    if db.execute(delete(media).where(media.c.id == media_id)).rowcount == 0:
        raise MEDIA_NOT_FOUND


def picture(db: Connection, media_id: int) -> str:
    """Return the key of an entry's picture; raises 404 ``Media not found``."""
    key: str | None = db.execute(select(media.c.key).where(media.c.id == media_id)).scalar_one_or_none()
    if key is None:
        raise MEDIA_NOT_FOUND
    return key


def _matches(search: str) -> Any:
    return media.c.search.like(like_pattern(search), escape="\\") if search else true()


def _described(name: str, tags: Sequence[str]) -> dict[str, Any]:
    return {"name": name, "tags": list(tags), "search": search_text(name, tags)}

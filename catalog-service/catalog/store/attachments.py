"""Attachments of a volume: web links and media library entries."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select
from sqlalchemy.dialects.postgresql import insert as insert_or_leave

from catalog.refusals import UNKNOWN_MEDIA
from catalog.schemas.volumes import VolumeChanges
from catalog.store.tables import links, media_card, volume_media
from shared.errors import invalid


def links_of(db: Connection, volume_id: int) -> Sequence[Row[Any]]:
    """Return a volume's links in order of creation."""
    return db.execute(select(links).where(links.c.volume_id == volume_id).order_by(links.c.id)).all()


def media_of(db: Connection, volume_id: int) -> Sequence[Row[Any]]:
    """Return the media library entries of a volume, by id."""
    found = select(media_card).join(volume_media, volume_media.c.media_id == media_card.c.id)
    return db.execute(found.where(volume_media.c.volume_id == volume_id).order_by(media_card.c.id)).all()


def change(db: Connection, volume_id: int, changes: VolumeChanges) -> None:
    """Apply the link and media changes of ``changes``, removals first.

    Raises a 400 for the removal of an attachment that the volume does not have, and for unknown media.
    """
    _remove_links(db, volume_id, set(changes.removed_links))
    if changes.added_links:
        added = [{"volume_id": volume_id, **link.model_dump()} for link in changes.added_links]
        db.execute(insert(links).values(added))
    _remove_media(db, volume_id, set(changes.removed_media))
    _add_media(db, volume_id, set(changes.added_media))


def _remove_links(db: Connection, volume_id: int, ids: Collection[int]) -> None:
    if not ids:
        return
    deletion = delete(links).where(links.c.volume_id == volume_id, links.c.id.in_(ids))
    if db.execute(deletion).rowcount < len(ids):
        raise invalid("removed_links", "must be ids of the volume's links")


def _remove_media(db: Connection, volume_id: int, ids: Collection[int]) -> None:
    if not ids:
        return
    deletion = delete(volume_media).where(
        volume_media.c.volume_id == volume_id, volume_media.c.media_id.in_(ids)
    )
    if db.execute(deletion).rowcount < len(ids):
        raise invalid("removed_media", "must be ids of the volume's media")


def _add_media(db: Connection, volume_id: int, ids: Collection[int]) -> None:
    if not ids:
        return
    known = db.execute(select(media_card.c.id).where(media_card.c.id.in_(ids))).scalars().all()
    if len(known) < len(ids):
        raise UNKNOWN_MEDIA
    added = insert_or_leave(volume_media).values([{"volume_id": volume_id, "media_id": id} for id in known])
    db.execute(added.on_conflict_do_nothing())

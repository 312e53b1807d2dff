"""Editions of a series."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import IntegrityError

from catalog.refusals import EDITION_IN_USE
from catalog.rules.series import named_once
from catalog.schemas.series import EditionChanges, SeriesChanges
from catalog.series_presenters import Edition
from catalog.store.batches import update_rows
from catalog.store.tables import editions
from shared.fields.text import natural_key


def of_series(db: Connection, series_id: int) -> list[Edition]:
    """Return the editions of a series in natural order of their names."""
    columns = editions.c.id, editions.c.name, editions.c.publisher, editions.c.language
    rows = db.execute(select(*columns).where(editions.c.series_id == series_id))
    found = [
        Edition(id=row.id, name=row.name, publisher=row.publisher, language=row.language) for row in rows
    ]
    return sorted(found, key=lambda edition: (natural_key(edition["name"]), edition["id"]))


def change(db: Connection, series_id: int, changes: SeriesChanges) -> bool:
    """Remove, modify and add editions of a series. Return whether any edition was renamed.

    The caller has locked the series row. Raises a 400 for the list that contains a foreign id, and 409
    ``Edition in use``.
    """
    if not (changes.removed_editions or changes.modified_editions or changes.added_editions):
        return False
    present = {edition["id"]: edition for edition in of_series(db, series_id)}
    named_once("removed_editions", changes.removed_editions, present)
    kept = present.keys() - changes.removed_editions
    named_once("modified_editions", [edition.id for edition in changes.modified_editions], kept)
    _remove(db, changes.removed_editions)
    if changes.added_editions:
        rows = [edition.model_dump() | {"series_id": series_id} for edition in changes.added_editions]
        db.execute(insert(editions).values(rows))
    return _modify(db, present, changes.modified_editions)


def _remove(db: Connection, ids: Sequence[int]) -> None:
    if not ids:
        return
    try:
        db.execute(delete(editions).where(editions.c.id.in_(ids)))
    except IntegrityError as error:
        # The foreign key of ``volumes`` decides, so a concurrent transaction cannot start to use the edition.
        raise EDITION_IN_USE from error


def _modify(db: Connection, present: Mapping[int, Edition], modified: Sequence[EditionChanges]) -> bool:
    rows = [{**present[edition.id], **edition.model_dump(exclude_unset=True)} for edition in modified]
    update_rows(db, editions, rows)
    return any(row["name"] != present[row["id"]]["name"] for row in rows)

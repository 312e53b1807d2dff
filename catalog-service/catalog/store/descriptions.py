"""Descriptions of a series, one per language."""

from sqlalchemy import Connection, delete, insert, select

from catalog.schemas.series import SeriesChanges, one_description_a_language
from catalog.store.batches import update_rows
from catalog.store.tables import series_descriptions as descriptions


def change(db: Connection, series_id: int, changes: SeriesChanges) -> None:
    """Remove, modify and add descriptions of a series. The caller has locked the series row.

    Raises a 400 for the list that contains a foreign id or produces a second description in a language.
    """
    if not (changes.removed_descriptions or changes.modified_descriptions or changes.added_descriptions):
        return
    columns = descriptions.c.id, descriptions.c.language, descriptions.c.text
    rows = db.execute(select(*columns).where(descriptions.c.series_id == series_id)).mappings()
    present = {row["id"]: dict(row) for row in rows}
    one_description_a_language({known: row["language"] for known, row in present.items()}, changes)
    if changes.removed_descriptions:
        db.execute(delete(descriptions).where(descriptions.c.id.in_(changes.removed_descriptions)))
    modified = changes.modified_descriptions
    update_rows(db, descriptions, [present[one.id] | one.model_dump(exclude_unset=True) for one in modified])
    if changes.added_descriptions:
        added = [one.model_dump() | {"series_id": series_id} for one in changes.added_descriptions]
        db.execute(insert(descriptions).values(added))

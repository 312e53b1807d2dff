"""Bulk updates: many rows in one statement."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, column, update, values


def update_rows(db: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Update the rows of ``table`` that have the ids of ``rows``.

    All rows have the same keys: ``id`` and the columns to set.
    """
    if not rows:
        return
    columns = [column(name, table.c[name].type) for name in rows[0]]
    changed = values(*columns, name="changed").data([tuple(row.values()) for row in rows])
    written = {name: changed.c[name] for name in rows[0] if name != "id"}
    db.execute(update(table).where(table.c.id == changed.c.id).values(written))

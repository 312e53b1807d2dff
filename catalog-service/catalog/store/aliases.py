"""Aliases: the other names of a series."""

from sqlalchemy import Connection, delete, insert, select

from catalog.rules.series import named_once
from catalog.schemas.series import SeriesChanges
from catalog.store.tables import series_aliases as aliases


def change(db: Connection, series_id: int, changes: SeriesChanges) -> None:
    """Remove and add aliases of a series. Existing aliases are not added again.

    The caller has locked the series row. Raises a 400 for ``removed_aliases`` if it contains a foreign id.
    """
    if not (changes.removed_aliases or changes.added_aliases):
        return
    columns = aliases.c.id, aliases.c.name, aliases.c.language
    rows = db.execute(select(*columns).where(aliases.c.series_id == series_id)).all()
    named_once("removed_aliases", changes.removed_aliases, {row.id for row in rows})
    if changes.removed_aliases:
        db.execute(delete(aliases).where(aliases.c.id.in_(changes.removed_aliases)))
    removed = set(changes.removed_aliases)
    kept = {(row.name, row.language) for row in rows if row.id not in removed}
    # A dict removes duplicates and keeps the submitted order.
    added = dict.fromkeys((alias.name, alias.language) for alias in changes.added_aliases)
    new = [alias for alias in added if alias not in kept]
    if new:
        named = [{"series_id": series_id, "name": name, "language": language} for name, language in new]
        db.execute(insert(aliases).values(named))


def names(db: Connection, series_id: int) -> list[str]:
    """Return the aliases of a series in order of creation."""
    rows = select(aliases.c.name).where(aliases.c.series_id == series_id).order_by(aliases.c.id)
    return list(db.execute(rows).scalars())

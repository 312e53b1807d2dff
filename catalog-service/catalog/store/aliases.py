"""Aliases: the other names of a series."""

from sqlalchemy import Connection, delete, insert, select

from catalog.rules.series import named_once
from catalog.schemas.series import SeriesChanges
from catalog.store.tables import series_aliases as aliases


def change(db: Connection, series_id: int, changes: SeriesChanges) -> None:
    """Remove and add aliases of a series whose row is locked; one that it has already is not added again.

    Raises a 400 that blames ``removed_aliases`` when it names a stranger.
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
    # A dict keeps the order in which they were sent, and each of them once.
    added = dict.fromkeys((alias.name, alias.language) for alias in changes.added_aliases)
    new = [alias for alias in added if alias not in kept]
    if new:
        named = [{"series_id": series_id, "name": name, "language": language} for name, language in new]
        db.execute(insert(aliases).values(named))


def names(db: Connection, series_id: int) -> list[str]:
    """Return the aliases of a series in the order they were added."""
    rows = select(aliases.c.name).where(aliases.c.series_id == series_id).order_by(aliases.c.id)
    return list(db.execute(rows).scalars())

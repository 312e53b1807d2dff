"""Checks of constraints, indexes and page checksums with PostgreSQL's own catalogues."""

from collections.abc import Iterator

from sqlalchemy import Connection, text

_UNPROVEN = text("""
    SELECT conrelid::regclass::text AS place, conname AS name FROM pg_constraint
    WHERE NOT convalidated AND connamespace::regnamespace::text = ANY (:schemas) ORDER BY 1, 2
""")
_UNUSABLE = text("""
    SELECT indexrelid::regclass::text AS name FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE NOT (indisvalid AND indisready) AND relnamespace::regnamespace::text = ANY (:schemas) ORDER BY 1
""")
_DAMAGED = text(
    "SELECT checksum_failures FROM pg_stat_database WHERE datname = current_database() AND checksum_failures > 0"
)
SCHEMAS = ["catalog", "media", "users"]


def faults(db: Connection) -> Iterator[str]:
    """Return a sentence for each constraint not validated and each invalid index, and one for damaged pages."""
    for row in db.execute(_UNPROVEN, {"schemas": SCHEMAS}):
        yield f"constraint {row.name} of {row.place}: not validated, so older rows may violate it"
    for row in db.execute(_UNUSABLE, {"schemas": SCHEMAS}):
        yield f"index {row.name}: not valid; rebuild it with REINDEX INDEX CONCURRENTLY {row.name}"
    for row in db.execute(_DAMAGED):
        yield f"{row.checksum_failures} damaged pages were read: the disk is failing; restore a backup elsewhere"

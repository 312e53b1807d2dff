"""Sort the entries that were there before ``users_0009``; safe to run again where it broke off.

Nobody waits for it: it goes by a hundred series at a time, and touches only entries whose place changes.
"""

from alembic import op

revision = "users_0010"
down_revision = "users_0009"


def upgrade() -> None:
    """Fill in, prove the references, and tidy up."""
    with op.get_context().autocommit_block():
        op.execute("SET statement_timeout = 0")
        op.execute("CALL users.sort_all_entries()")
        op.execute("ALTER TABLE users.collection_items VALIDATE CONSTRAINT collection_items_series_fkey")
        op.execute("ALTER TABLE users.reading_statuses VALIDATE CONSTRAINT reading_statuses_series_fkey")
        op.execute("VACUUM (ANALYZE) users.collection_items, users.reading_statuses")
        op.execute("RESET statement_timeout")

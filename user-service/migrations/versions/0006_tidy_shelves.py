"""Tidy up after ``users_0005``, which wrote every row anew: walks along an index look into the tables no more."""

from alembic import op

revision = "users_0006"
down_revision = "users_0005"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("VACUUM (ANALYZE) users.collection_items, users.reading_statuses")

"""Let other schemas keep what a series is sorted by in their own rows, held equal by a foreign key."""

from alembic import op

revision = "catalog_0005"
down_revision = "catalog_0004"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE catalog.series ADD CONSTRAINT series_sort_key_unique UNIQUE (id, client_id, sort_name)"
    )

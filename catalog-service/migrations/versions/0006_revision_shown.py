"""Let the service see which revision its schema is at: it says so to whoever asks how Bunko is."""

from alembic import op

revision = "catalog_0006"
down_revision = "catalog_0005"

GRANT = """
DO $$
BEGIN
    EXECUTE format('GRANT SELECT ON catalog.alembic_version TO %I', current_database() || '_catalog');
END $$;
"""


def upgrade() -> None:
    """Grant it."""
    op.execute(GRANT)

"""Let the service see which revision its schema is at: it says so to whoever asks how Bunko is."""

from alembic import op

revision = "media_0003"
down_revision = "media_0002"

GRANT = """
DO $$
BEGIN
    EXECUTE format('GRANT SELECT ON media.alembic_version TO %I', current_database() || '_media');
END $$;
"""


def upgrade() -> None:
    """Grant it."""
    op.execute(GRANT)

"""Let the service see which revision its schema is at: it says so to whoever asks how Bunko is."""

from alembic import op

revision = "users_0007"
down_revision = "users_0006"

GRANT = """
DO $$
BEGIN
    EXECUTE format('GRANT SELECT ON users.alembic_version TO %I', current_database() || '_users');
END $$;
"""


def upgrade() -> None:
    """Grant it."""
    op.execute(GRANT)

"""Let nobody but the catalogue call its functions: PostgreSQL lets everybody who may look into a schema."""

from alembic import op

revision = "catalog_0007"
down_revision = "catalog_0006"

GRANT = """
REVOKE ALL ON FUNCTION catalog.grams(text), catalog.locked_groups(), catalog.locked_volumes(bigint) FROM PUBLIC;
DO $$
BEGIN
    EXECUTE format(
        'GRANT EXECUTE ON FUNCTION catalog.grams(text), catalog.locked_groups(), catalog.locked_volumes(bigint) TO %I',
        current_database() || '_catalog'
    );
END $$;
"""


def upgrade() -> None:
    """Grant it to the one, and to nobody else."""
    op.execute(GRANT)

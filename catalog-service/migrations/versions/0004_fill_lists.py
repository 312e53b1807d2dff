"""Make the lists of the groups that were there before ``catalog_0003``; safe to run again where it broke off.

Nobody waits for it: it goes by a thousand groups at a time. Whoever fills tables in bulk does it the same way: rows
(with ``session_replication_role = replica``, which keeps triggers quiet), then ``CALL catalog.refresh_all_groups()``
with the search index dropped, then the index. Keeping that index up row by row takes five times as long.
"""

from alembic import op

revision = "catalog_0004"
down_revision = "catalog_0003"

SEARCH_INDEX = """
CREATE INDEX CONCURRENTLY group_keys_search_idx ON catalog.group_keys
    USING gin (catalog.grams(search)) WITH (fastupdate = off)
"""


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET statement_timeout = 0")
        op.execute("ANALYZE catalog.series, catalog.editions, catalog.volume_groups, catalog.volumes")
        op.execute("CALL catalog.refresh_all_groups()")
        # Half of one is left where this broke off.
        op.execute("DROP INDEX IF EXISTS catalog.group_keys_search_idx")
        op.execute(SEARCH_INDEX)
        # So that plans know the tables, and walks along an index need not look into them.
        op.execute("VACUUM (ANALYZE) catalog.group_keys, catalog.group_docs")
        op.execute("RESET statement_timeout")
    # Only lists that are ready now had use for these.
    op.execute("DROP INDEX catalog.volume_groups_name_idx")
    op.execute("DROP INDEX catalog.volume_groups_search_idx")

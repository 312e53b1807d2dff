"""Every foreign key has an index, and every page of a reader's list is read along one."""

import pytest
from sqlalchemy import Engine, text

from users.store import collection, reading

_WITHOUT = text("""
    SELECT reference.conrelid::regclass || ': ' || reference.conname
    FROM pg_constraint AS reference
    WHERE reference.contype = 'f' AND reference.connamespace::regnamespace::text IN ('catalog', 'media', 'users')
        AND NOT EXISTS (
            SELECT FROM pg_index AS index
            WHERE index.indrelid = reference.conrelid AND index.indkey[0] = ANY (reference.conkey)
                AND (index.indpred IS NULL OR pg_get_expr(index.indpred, index.indrelid) LIKE '%IS NOT NULL%')
        )
""")


@pytest.mark.parametrize("turned", [False, True])
def test_readers_lists_walk_along_an_index_that_knows_what_is_hidden(owner: Engine, turned: bool) -> None:
    """Neither list is sorted as a whole for one page, although hidden entries come after all names."""
    values = {"user": 1, "client": 1, "limit": 50, "offset": 100, "hidden_too": False}
    pages = {
        "collection_items_title_idx": collection._entries(
            descending=turned, in_language=False, searched=False
        ).page,
        "reading_statuses_title_idx": reading._entries(
            "name-desc" if turned else "name-asc", in_language=False, of_client=True, searched=False
        ).page,
    }
    with owner.connect() as db:
        db.execute(text("SET LOCAL enable_seqscan = off"))
        db.execute(text("SET LOCAL enable_bitmapscan = off"))
        for index, page in pages.items():
            asked = page.compile(dialect=db.dialect)
            explained = db.exec_driver_sql(f"EXPLAIN {asked}", {**asked.params, **values})
            plan = "\n".join(explained.scalars())
            assert index in plan, plan


def test_every_foreign_key_has_an_index(owner: Engine) -> None:
    with owner.connect() as db:
        # The transaction is rolled back at the end of the block; until then, the table's users wait for a moment.
        assert db.execute(_WITHOUT).scalars().all() == []
        db.execute(text("DROP INDEX catalog.links_volume_idx"))
        assert db.execute(_WITHOUT).scalars().all() == ["catalog.links: links_volume_fkey"]

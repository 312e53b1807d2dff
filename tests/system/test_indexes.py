"""Every foreign key has an index that begins with one of its columns: no deletion reads a whole table."""

from sqlalchemy import Engine, text

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


def test_every_foreign_key_has_an_index(owner: Engine) -> None:
    with owner.connect() as db:
        assert db.execute(_WITHOUT).scalars().all() == []
        db.execute(text("DROP INDEX catalog.links_volume_idx"))
        assert db.execute(_WITHOUT).scalars().all() == ["catalog.links: links_volume_fkey"]

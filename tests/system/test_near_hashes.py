"""Near hashes are found by indexes: the cost of an upload does not grow with the library."""

from sqlalchemy import Engine, select, text
from sqlalchemy.dialects import postgresql

from media.store.similarity import Fingerprint, similar

FILL = (
    "INSERT INTO media.files (key, state) SELECT md5(n::text), 'live' FROM generate_series(1, 60000) AS n",
    (
        "INSERT INTO media.media (name, tags, search, key, width, height, sha256, phash)"
        " SELECT 'x', '{}', 'x', md5(n::text), 9, 9, repeat(md5(n::text), 2), hashtextextended(n::text, 0)"
        " FROM generate_series(1, 60000) AS n"
    ),
    "ANALYZE media.media",
)


def test_each_quarter_of_a_hash_is_looked_up_in_its_index(owner: Engine) -> None:
    found = similar(1, Fingerprint("a" * 64, 0x0123_4567_89AB_CDEF))
    question = select(found.c.id).compile(
        dialect=postgresql.dialect(),  # type: ignore[no-untyped-call]
        compile_kwargs={"literal_binds": True},
    )
    with owner.connect() as db:
        # In a transaction that is rolled back: enough rows for the planner to use indexes.
        for statement in FILL:
            db.execute(text(statement))
        plan = "\n".join(db.execute(text("EXPLAIN " + str(question).replace(":", "\\:"))).scalars())
    indexes = [*(f"media_phash_band_{band}_idx" for band in range(4)), "media_sha256_idx"]
    assert [index for index in indexes if index not in plan] == []
    assert "Seq Scan" not in plan

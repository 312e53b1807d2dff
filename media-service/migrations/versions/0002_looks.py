"""Keep what each picture looks like and what tells that two are the same."""

from alembic import op

revision = "media_0002"
down_revision = "media_0001"

COLUMNS = """
ALTER TABLE media.media
    ADD placeholder text COLLATE "C", ADD color text COLLATE "C",
    ADD sha256 text COLLATE "C" CONSTRAINT media_sha256_check CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    ADD phash bigint;
COMMENT ON COLUMN media.media.placeholder
    IS 'ThumbHash in base64; null, as are the three beside it, where it was stored before that was measured.';
COMMENT ON COLUMN media.media.color IS 'The colour the picture is mostly of, #rrggbb.';
COMMENT ON COLUMN media.media.sha256 IS 'Of the bytes that were uploaded.';
COMMENT ON COLUMN media.media.phash
    IS 'Perceptual hash, 64 bits; null where the picture has no structure that could be compared.';
CREATE INDEX media_sha256_idx ON media.media (sha256) WHERE sha256 IS NOT NULL;

ALTER TABLE media.files ADD work_tries smallint NOT NULL DEFAULT 0, ADD work_since timestamptz;
COMMENT ON COLUMN media.files.work_tries IS 'How often a file node took it on to make more of the picture.';
COMMENT ON COLUMN media.files.work_since IS 'When one last did.';
"""

BANDS = "".join(
    f"CREATE INDEX media_phash_band_{band}_idx ON media.media (((phash >> {48 - 16 * band}) & 65535));\n"
    for band in range(4)
)
"""An index for each quarter of the hash; ``media.rules.hash_bands`` says how near hashes are found by them.

Not partial ones: the planner would not look at what they know about the values, guess half a percent for each, and
read the whole table instead.
"""

VIEW = """
CREATE OR REPLACE VIEW media.media_card AS SELECT id, name, key, placeholder, color FROM media.media;
"""


def upgrade() -> None:
    for part in (COLUMNS, BANDS, VIEW):
        op.execute(part)

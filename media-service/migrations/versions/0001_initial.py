"""Create schema media: the library, the ledger of its files, and the view that others read."""

from alembic import op

revision = "media_0001"
down_revision = None

TABLES = """
CREATE TABLE media.files (
    key text COLLATE "C" CONSTRAINT files_pkey PRIMARY KEY
        CONSTRAINT files_key_check CHECK (key ~ '^[0-9a-f]{32}$'),
    state text COLLATE "C" NOT NULL
        CONSTRAINT files_state_check CHECK (state IN ('pending', 'live', 'doomed')),
    since timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE media.files IS 'Every stored picture: pending before its bytes, doomed until they are gone.';
CREATE INDEX files_sweep_idx ON media.files (state, since) WHERE state <> 'live';

CREATE TABLE media.media (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT media_pkey PRIMARY KEY,
    name text NOT NULL,
    tags text[] NOT NULL,
    search text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL CONSTRAINT media_key_unique UNIQUE
        CONSTRAINT media_key_fkey REFERENCES media.files (key),
    width integer NOT NULL CONSTRAINT media_width_check CHECK (width > 0),
    height integer NOT NULL CONSTRAINT media_height_check CHECK (height > 0),
    added timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN media.media.search IS 'Name and tags, folded, each ended by U+001F; a search looks here.';
COMMENT ON COLUMN media.media.width IS 'Of the picture in its larger size, in pixels; so is the height.';
CREATE INDEX media_added_idx ON media.media (added, id);
"""

TRIGGER = """
CREATE FUNCTION media.doom_lost_picture() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE media.files SET state = 'doomed', since = now() WHERE key = OLD.key;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION media.doom_lost_picture() IS 'Dooms what nobody refers to, so no code can forget it.';
REVOKE ALL ON FUNCTION media.doom_lost_picture() FROM PUBLIC;
CREATE TRIGGER media_picture_replaced AFTER UPDATE OF key ON media.media FOR EACH ROW
    WHEN (OLD.key IS DISTINCT FROM NEW.key) EXECUTE FUNCTION media.doom_lost_picture();
CREATE TRIGGER media_picture_deleted AFTER DELETE ON media.media FOR EACH ROW
    EXECUTE FUNCTION media.doom_lost_picture();
"""

VIEW = """
CREATE VIEW media.media_card AS SELECT id, name, key FROM media.media;
COMMENT ON VIEW media.media_card IS 'Published to the catalogue, which shows the media of a volume.';
"""

GRANTS = """
DO $$
DECLARE
    service text := current_database() || '_media';
    catalog text := current_database() || '_catalog';
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA media TO %I, %I', service, catalog);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON media.files, media.media TO %I', service);
    EXECUTE format('GRANT SELECT ON media.media_card TO %I, %I', service, catalog);
END $$;
"""


def upgrade() -> None:
    for part in (TABLES, TRIGGER, VIEW, GRANTS):
        op.execute(part)

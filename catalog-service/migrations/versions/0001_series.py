"""Create the ledger of the catalogue's files, and what series are made of."""

from alembic import op

revision = "catalog_0001"
down_revision = None

FILES = """
CREATE TABLE catalog.files (
    key text COLLATE "C" CONSTRAINT files_pkey PRIMARY KEY,
    state text COLLATE "C" NOT NULL CONSTRAINT files_state_check
        CHECK (state IN ('pending', 'live', 'doomed')),
    since timestamptz NOT NULL DEFAULT now(),
    work_tries smallint NOT NULL DEFAULT 0,
    work_since timestamptz
);
COMMENT ON TABLE catalog.files
    IS 'Every cover on storage: pending before its bytes, doomed until they are gone.';
COMMENT ON COLUMN catalog.files.work_tries IS 'How often a file node took it on to make more of the picture.';
COMMENT ON COLUMN catalog.files.work_since IS 'When one last did.';
CREATE INDEX files_sweep_idx ON catalog.files (state, since) WHERE state <> 'live';
"""

SERIES = """
CREATE TABLE catalog.clients (
    id bigint CONSTRAINT clients_pkey PRIMARY KEY,
    name text,
    group_count bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE catalog.clients IS 'Front ends with a catalogue of their own.';
COMMENT ON COLUMN catalog.clients.group_count IS 'Groups that are not in the trash; kept by a trigger.';
INSERT INTO catalog.clients (id, name) VALUES (1, 'Bunko');

CREATE TABLE catalog.series (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT series_pkey PRIMARY KEY,
    client_id bigint NOT NULL CONSTRAINT series_client_fkey REFERENCES catalog.clients (id),
    name text NOT NULL,
    name_key text COLLATE "C" NOT NULL,
    sort_name text COLLATE "C" NOT NULL,
    search text COLLATE "C" NOT NULL,
    type text COLLATE "C" NOT NULL CONSTRAINT series_type_check
        CHECK (type IN ('Manga', 'Manhwa', 'Manhua', 'Novel', 'Comic', 'Other')),
    slug text COLLATE "C" NOT NULL,
    public boolean NOT NULL DEFAULT true,
    origin text,
    tags text[] NOT NULL DEFAULT '{}',
    added timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT series_id_client_unique UNIQUE (id, client_id),
    CONSTRAINT series_name_type_unique UNIQUE (client_id, name_key, type),
    CONSTRAINT series_slug_unique UNIQUE (client_id, slug)
);
COMMENT ON COLUMN catalog.series.name_key IS 'The name without case: makes it unique.';
COMMENT ON COLUMN catalog.series.sort_name IS 'shared.text.natural_key of the name.';
COMMENT ON COLUMN catalog.series.search
    IS 'shared.text.fold of name and aliases, as catalog.rules.searching joins them.';
CREATE INDEX series_title_idx ON catalog.series (client_id, sort_name, id);
CREATE INDEX series_added_idx ON catalog.series (client_id, added, id);

CREATE TABLE catalog.series_aliases (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT series_aliases_pkey PRIMARY KEY,
    series_id bigint NOT NULL CONSTRAINT series_aliases_series_fkey
        REFERENCES catalog.series (id) ON DELETE CASCADE,
    name text NOT NULL,
    language text
);
CREATE INDEX series_aliases_series_idx ON catalog.series_aliases (series_id, id);

CREATE TABLE catalog.series_descriptions (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT series_descriptions_pkey PRIMARY KEY,
    series_id bigint NOT NULL
        CONSTRAINT series_descriptions_series_fkey REFERENCES catalog.series (id) ON DELETE CASCADE,
    language text NOT NULL,
    text text NOT NULL,
    CONSTRAINT series_descriptions_language_unique UNIQUE (series_id, language) DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE catalog.editions (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT editions_pkey PRIMARY KEY,
    series_id bigint NOT NULL CONSTRAINT editions_series_fkey
        REFERENCES catalog.series (id) ON DELETE CASCADE,
    name text NOT NULL,
    publisher text,
    language text,
    CONSTRAINT editions_id_series_unique UNIQUE (id, series_id)
);
CREATE INDEX editions_series_idx ON catalog.editions (series_id, id);
"""


def upgrade() -> None:
    for part in (FILES, SERIES):
        op.execute(part)

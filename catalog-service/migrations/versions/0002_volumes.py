"""Create groups and volumes, with their slugs, links, media and locks, and what finds them by their text."""

from alembic import op

revision = "catalog_0002"
down_revision = "catalog_0001"

VOLUMES = """
CREATE TABLE catalog.volume_groups (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT volume_groups_pkey PRIMARY KEY,
    series_id bigint NOT NULL,
    client_id bigint NOT NULL,
    name text NOT NULL,
    name_key text COLLATE "C" NOT NULL,
    sort_name text COLLATE "C" NOT NULL,
    search text COLLATE "C" NOT NULL,
    place integer NOT NULL,
    series_order integer NOT NULL,
    trashed_at timestamptz,
    CONSTRAINT volume_groups_series_fkey FOREIGN KEY (series_id, client_id)
        REFERENCES catalog.series (id, client_id) ON DELETE CASCADE,
    CONSTRAINT volume_groups_id_series_unique UNIQUE (id, series_id),
    CONSTRAINT volume_groups_place_unique UNIQUE (series_id, place) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT volume_groups_order_unique EXCLUDE (series_id WITH =, series_order WITH =)
        WHERE (trashed_at IS NULL)
        DEFERRABLE INITIALLY DEFERRED
);
COMMENT ON COLUMN catalog.volume_groups.client_id
    IS 'The client of the series, here for the lists by name; held equal by the foreign key.';
COMMENT ON COLUMN catalog.volume_groups.place
    IS 'Position in the series counting trashed groups, which so keep their old place.';
COMMENT ON COLUMN catalog.volume_groups.series_order
    IS 'Position in the series not counting trashed groups: what clients see.';
CREATE UNIQUE INDEX volume_groups_name_unique ON catalog.volume_groups (series_id, name_key)
    WHERE trashed_at IS NULL;
CREATE INDEX volume_groups_name_idx ON catalog.volume_groups (client_id, sort_name, id)
    WHERE trashed_at IS NULL;
CREATE INDEX volume_groups_trash_idx ON catalog.volume_groups (client_id, sort_name, id)
    WHERE trashed_at IS NOT NULL;

CREATE TABLE catalog.volumes (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT volumes_pkey PRIMARY KEY,
    series_id bigint NOT NULL CONSTRAINT volumes_series_fkey REFERENCES catalog.series (id) ON DELETE CASCADE,
    group_id bigint,
    group_order integer NOT NULL,
    former_group_id bigint CONSTRAINT volumes_former_group_fkey
        REFERENCES catalog.volume_groups (id) ON DELETE SET NULL,
    former_order integer,
    name text NOT NULL,
    sort_name text COLLATE "C" NOT NULL,
    search text COLLATE "C" NOT NULL,
    slug text COLLATE "C" NOT NULL DEFAULT gen_random_uuid()::text CONSTRAINT volumes_slug_unique UNIQUE,
    language text COLLATE "C" NOT NULL,
    release_date date,
    description text,
    copyright text,
    copyright_since timestamptz,
    edition_id bigint,
    isbn10 text COLLATE "C" CONSTRAINT volumes_isbn10_check CHECK (isbn10 ~ '^[0-9]{9}[0-9X]$'),
    isbn13 text COLLATE "C" CONSTRAINT volumes_isbn13_check CHECK (isbn13 ~ '^[0-9]{13}$'),
    type text COLLATE "C" CONSTRAINT volumes_type_check CHECK (type IN ('Softcover', 'Hardcover', 'Digital')),
    measures text,
    pages integer CONSTRAINT volumes_pages_check CHECK (pages >= 0),
    rating double precision,
    extras jsonb CONSTRAINT volumes_extras_check CHECK (jsonb_typeof(extras) = 'object'),
    special boolean NOT NULL DEFAULT false,
    special_name text,
    nsfw boolean NOT NULL DEFAULT false,
    nsfw18 boolean NOT NULL DEFAULT false,
    three_d boolean NOT NULL DEFAULT false,
    public boolean NOT NULL DEFAULT false,
    front_key text COLLATE "C" CONSTRAINT volumes_front_key_unique UNIQUE
        CONSTRAINT volumes_front_key_fkey REFERENCES catalog.files (key),
    back_key text COLLATE "C" CONSTRAINT volumes_back_key_unique UNIQUE
        CONSTRAINT volumes_back_key_fkey REFERENCES catalog.files (key),
    spine_key text COLLATE "C" CONSTRAINT volumes_spine_key_unique UNIQUE
        CONSTRAINT volumes_spine_key_fkey REFERENCES catalog.files (key),
    aspect_ratio double precision,
    front_placeholder text COLLATE "C",
    front_color text COLLATE "C",
    back_placeholder text COLLATE "C",
    back_color text COLLATE "C",
    spine_placeholder text COLLATE "C",
    spine_color text COLLATE "C",
    added timestamptz NOT NULL DEFAULT now(),
    last_update timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT volumes_group_fkey FOREIGN KEY (group_id, series_id)
        REFERENCES catalog.volume_groups (id, series_id) ON UPDATE CASCADE,
    CONSTRAINT volumes_edition_fkey FOREIGN KEY (edition_id, series_id)
        REFERENCES catalog.editions (id, series_id),
    CONSTRAINT volumes_former_group_check CHECK (former_group_id IS NULL OR group_id IS NULL),
    CONSTRAINT volumes_id_series_unique UNIQUE (id, series_id),
    CONSTRAINT volumes_order_unique UNIQUE (group_id, group_order) DEFERRABLE INITIALLY DEFERRED
);
COMMENT ON COLUMN catalog.volumes.group_id IS 'Null is the default group -1.';
COMMENT ON COLUMN catalog.volumes.former_group_id
    IS 'The trashed group it fell out of, and with former_order its place there.';
COMMENT ON COLUMN catalog.volumes.slug IS 'Random until the same transaction gives it the real one.';
COMMENT ON COLUMN catalog.volumes.copyright_since
    IS 'When the copyright was last changed: the newest is proposed for other volumes.';
COMMENT ON COLUMN catalog.volumes.aspect_ratio IS 'Width / height of the front cover.';
COMMENT ON COLUMN catalog.volumes.front_placeholder
    IS 'ThumbHash of the cover in base64. So the other sides.';
COMMENT ON COLUMN catalog.volumes.front_color IS 'The colour the cover is mostly of, #rrggbb. So the other sides.';
CREATE INDEX volumes_reading_idx ON catalog.volumes (series_id, language, edition_id, group_id, group_order)
    INCLUDE (id);
CREATE INDEX volumes_default_group_idx ON catalog.volumes (series_id, group_order, id) WHERE group_id IS NULL;
CREATE INDEX volumes_former_group_idx ON catalog.volumes (former_group_id) WHERE former_group_id IS NOT NULL;
CREATE INDEX volumes_edition_idx ON catalog.volumes (edition_id) WHERE edition_id IS NOT NULL;
CREATE INDEX volumes_copyright_idx ON catalog.volumes (series_id, copyright_since, id)
    WHERE copyright IS NOT NULL;

CREATE TABLE catalog.slugs (
    slug text COLLATE "C" CONSTRAINT slugs_pkey PRIMARY KEY,
    volume_id bigint NOT NULL CONSTRAINT slugs_volume_fkey REFERENCES catalog.volumes (id) ON DELETE CASCADE,
    stem text COLLATE "C" NOT NULL,
    number integer NOT NULL,
    CONSTRAINT slugs_length_check CHECK (length(slug) <= 200)
);
COMMENT ON TABLE catalog.slugs
    IS 'Every slug that a volume has or had; none is ever given to another volume.';
COMMENT ON COLUMN catalog.slugs.stem IS 'The slug without the number that made it unique.';
COMMENT ON COLUMN catalog.slugs.number IS 'The number that made it unique, counted from 1.';
CREATE INDEX slugs_volume_idx ON catalog.slugs (volume_id);
CREATE INDEX slugs_stem_idx ON catalog.slugs (stem, number);
ALTER TABLE catalog.volumes ADD CONSTRAINT volumes_slug_fkey FOREIGN KEY (slug)
    REFERENCES catalog.slugs (slug)
    DEFERRABLE INITIALLY DEFERRED;

CREATE TABLE catalog.links (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT links_pkey PRIMARY KEY,
    volume_id bigint NOT NULL CONSTRAINT links_volume_fkey REFERENCES catalog.volumes (id) ON DELETE CASCADE,
    url text NOT NULL,
    name text,
    src text
);
CREATE INDEX links_volume_idx ON catalog.links (volume_id, id);

CREATE TABLE catalog.volume_media (
    volume_id bigint NOT NULL CONSTRAINT volume_media_volume_fkey
        REFERENCES catalog.volumes (id) ON DELETE CASCADE,
    media_id bigint NOT NULL CONSTRAINT volume_media_media_fkey REFERENCES media.media (id) ON DELETE CASCADE,
    CONSTRAINT volume_media_pkey PRIMARY KEY (volume_id, media_id)
);
CREATE INDEX volume_media_media_idx ON catalog.volume_media (media_id);

CREATE TABLE catalog.locks (
    route text COLLATE "C" NOT NULL CONSTRAINT locks_route_check
        CHECK (route IN ('volume', 'group', 'series', 'media', 'user')),
    id bigint NOT NULL,
    user_id bigint NOT NULL,
    username text NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT locks_pkey PRIMARY KEY (route, id)
);
COMMENT ON TABLE catalog.locks IS 'Who is editing what; a lock past its time is as good as none.';
CREATE INDEX locks_expires_idx ON catalog.locks (expires_at);
"""

SEARCH = """
CREATE FUNCTION catalog.grams(folded text) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    letters text[] := string_to_array(folded, NULL);
    found text[] := letters;
BEGIN
    FOR i IN 2 .. cardinality(letters) LOOP
        found := array_append(found, letters[i - 1] || letters[i]);
    END LOOP;
    RETURN found;
END $$;
COMMENT ON FUNCTION catalog.grams(text)
    IS 'Every character and pair of neighbours: finds any script from one character on.';
CREATE INDEX series_search_idx ON catalog.series USING gin (catalog.grams(search)) WITH (fastupdate = off);
CREATE INDEX volume_groups_search_idx ON catalog.volume_groups
    USING gin (catalog.grams(search)) WITH (fastupdate = off);
"""


def upgrade() -> None:
    for part in (VOLUMES, SEARCH):
        op.execute(part)

"""Create schema catalog: series, groups, volumes, their slugs, links and media, locks, files."""

from alembic import op

revision = "catalog_0001"
down_revision = None

FILES = """
CREATE TABLE catalog.files (
    key text COLLATE "C" CONSTRAINT files_pkey PRIMARY KEY,
    state text COLLATE "C" NOT NULL CONSTRAINT files_state_check
        CHECK (state IN ('pending', 'live', 'doomed')),
    since timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE catalog.files
    IS 'Every cover on storage: pending before its bytes, doomed until they are gone.';
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
COMMENT ON COLUMN catalog.series.sort_name IS 'shared.fields.text.natural_key of the name.';
COMMENT ON COLUMN catalog.series.search
    IS 'shared.fields.text.fold of name and aliases, as catalog.rules.searching joins them.';
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

TRIGGERS = """
CREATE FUNCTION catalog.doom_lost_covers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    lost text[] := ARRAY[OLD.front_key, OLD.back_key, OLD.spine_key];
BEGIN
    IF TG_OP = 'UPDATE' THEN
        lost := ARRAY(
            SELECT key FROM unnest(lost) AS key
            WHERE key IS DISTINCT FROM NEW.front_key AND key IS DISTINCT FROM NEW.back_key
                AND key IS DISTINCT FROM NEW.spine_key
        );
    END IF;
    UPDATE catalog.files SET state = 'doomed', since = now() WHERE key = ANY (lost);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION catalog.doom_lost_covers()
    IS 'A key that nobody refers to is doomed here, so no code can forget it.';
REVOKE ALL ON FUNCTION catalog.doom_lost_covers() FROM PUBLIC;
CREATE TRIGGER volumes_cover_replaced AFTER UPDATE OF front_key, back_key, spine_key
    ON catalog.volumes FOR EACH ROW
    WHEN ((OLD.front_key, OLD.back_key, OLD.spine_key) IS DISTINCT
        FROM (NEW.front_key, NEW.back_key, NEW.spine_key))
    EXECUTE FUNCTION catalog.doom_lost_covers();
CREATE TRIGGER volumes_cover_deleted AFTER DELETE ON catalog.volumes FOR EACH ROW
    WHEN (coalesce(OLD.front_key, OLD.back_key, OLD.spine_key) IS NOT NULL)
    EXECUTE FUNCTION catalog.doom_lost_covers();

CREATE FUNCTION catalog.count_groups() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    change record;
BEGIN
    FOR change IN
        SELECT client_id, sum(number) AS number FROM (
            SELECT client_id, 1 AS number FROM after_change WHERE trashed_at IS NULL
            UNION ALL SELECT client_id, -1 FROM before_change WHERE trashed_at IS NULL
        ) AS changed GROUP BY client_id HAVING sum(number) <> 0 ORDER BY client_id
    LOOP
        UPDATE catalog.clients SET group_count = group_count + change.number WHERE id = change.client_id;
    END LOOP;
    RETURN NULL;
END $$;
CREATE FUNCTION catalog.count_added_groups() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE catalog.clients SET group_count = group_count + added.number
    FROM (SELECT client_id, count(*) AS number FROM after_change
        WHERE trashed_at IS NULL GROUP BY client_id) AS added
    WHERE clients.id = added.client_id;
    RETURN NULL;
END $$;
CREATE FUNCTION catalog.count_removed_groups() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE catalog.clients SET group_count = group_count - gone.number
    FROM (SELECT client_id, count(*) AS number FROM before_change
        WHERE trashed_at IS NULL GROUP BY client_id) AS gone
    WHERE clients.id = gone.client_id;
    RETURN NULL;
END $$;
REVOKE ALL
    ON FUNCTION catalog.count_groups(), catalog.count_added_groups(), catalog.count_removed_groups()
        FROM PUBLIC;
CREATE TRIGGER volume_groups_added AFTER INSERT ON catalog.volume_groups
    REFERENCING NEW TABLE AS after_change FOR EACH STATEMENT EXECUTE FUNCTION catalog.count_added_groups();
CREATE TRIGGER volume_groups_changed AFTER UPDATE ON catalog.volume_groups
    REFERENCING OLD TABLE AS before_change NEW TABLE AS after_change
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.count_groups();
CREATE TRIGGER volume_groups_removed AFTER DELETE ON catalog.volume_groups
    REFERENCING OLD TABLE AS before_change FOR EACH STATEMENT EXECUTE FUNCTION catalog.count_removed_groups();
"""

VIEWS = """
CREATE VIEW catalog.series_card AS
SELECT series.id, series.client_id, series.name, series.sort_name, series.type, series.slug, series.public,
    series.origin, series.tags, series.search,
    (
        SELECT coalesce(jsonb_agg(alias.name ORDER BY alias.id), '[]')
        FROM catalog.series_aliases AS alias WHERE alias.series_id = series.id
    ) AS aliases,
    (
        SELECT coalesce(jsonb_object_agg(title.language, title.name), '{}') FROM (
            SELECT DISTINCT ON (alias.language) alias.language, alias.name
                FROM catalog.series_aliases AS alias
            WHERE alias.series_id = series.id AND alias.language IS NOT NULL ORDER BY alias.language, alias.id
        ) AS title
    ) AS titles,
    (
        SELECT coalesce(jsonb_object_agg(described.language, described.text), '{}')
        FROM catalog.series_descriptions AS described WHERE described.series_id = series.id
    ) AS descriptions,
    (
        SELECT described.text FROM catalog.series_descriptions AS described
        WHERE described.series_id = series.id ORDER BY described.id LIMIT 1
    ) AS description,
    (
        SELECT jsonb_build_object(
            'id', volumes.id, 'cover_path', volumes.front_key || '/high.webp', 'nsfw', volumes.nsfw::int,
            'nsfw18', volumes.nsfw18::int, 'aspect_ratio', volumes.aspect_ratio
        )
        FROM catalog.volume_groups AS groups JOIN catalog.volumes ON volumes.group_id = groups.id
        WHERE groups.series_id = series.id AND groups.trashed_at IS NULL AND volumes.front_key IS NOT NULL
        ORDER BY groups.series_order, volumes.group_order LIMIT 1
    ) AS volume
FROM catalog.series;
COMMENT ON VIEW catalog.series_card IS 'Published to users. A column that is not selected costs nothing.';
COMMENT ON COLUMN catalog.series_card.titles IS 'Language -> title: the first alias in it.';
COMMENT ON COLUMN catalog.series_card.descriptions IS 'Language -> description.';
COMMENT ON COLUMN catalog.series_card.description IS 'The first description, for readers of other languages.';
COMMENT ON COLUMN catalog.series_card.volume IS 'The first volume with a cover, or null.';

CREATE VIEW catalog.volume_card AS
SELECT volumes.id, volumes.series_id, series.client_id, volumes.name, volumes.sort_name, volumes.search,
    groups.series_order, volumes.group_order, volumes.public,
    json_build_object(
        'id', volumes.id, 'name', volumes.name, 'slug', volumes.slug,
        'group_id', coalesce(volumes.group_id, -1),
        'group_order', volumes.group_order, 'series_id', volumes.series_id, 'language', volumes.language,
        'release_date', volumes.release_date, 'description', volumes.description,
        'copyright', volumes.copyright,
        'edition_id', volumes.edition_id,
        'edition_name', (SELECT editions.name FROM catalog.editions WHERE editions.id = volumes.edition_id),
        'isbn10', volumes.isbn10, 'isbn13', volumes.isbn13, 'type', volumes.type,
        'measures', volumes.measures,
        'pages', volumes.pages, 'rating', volumes.rating, 'extras', volumes.extras,
        'special', volumes.special::int, 'special_name', volumes.special_name,
        'nsfw', volumes.nsfw::int, 'nsfw18', volumes.nsfw18::int, 'three_d', volumes.three_d::int,
        'public', volumes.public::int, 'cover_path', volumes.front_key || '/high.webp',
        'back_cover_path', volumes.back_key || '/high.webp',
        'spine_cover_path', volumes.spine_key || '/high.webp',
        'aspect_ratio', volumes.aspect_ratio, 'last_update', volumes.last_update
    ) AS document
FROM catalog.volumes
JOIN catalog.series ON series.id = volumes.series_id
LEFT JOIN catalog.volume_groups AS groups ON groups.id = volumes.group_id;
COMMENT ON VIEW catalog.volume_card
    IS 'Published to users: volumes as lists show them. series_order is null in group -1.';

CREATE VIEW catalog.media_usage AS
SELECT media_id, count(*) AS volume_count FROM catalog.volume_media GROUP BY media_id;
COMMENT ON VIEW catalog.media_usage IS 'Published to media. Media that no volume uses have no row.';
"""

GRANTS = """
DO $$
DECLARE
    service text := current_database() || '_catalog';
    media text := current_database() || '_media';
    users text := current_database() || '_users';
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA catalog TO %I, %I, %I', service, media, users);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON catalog.files, catalog.clients, catalog.series, '
        'catalog.series_aliases, catalog.series_descriptions, catalog.editions, catalog.volume_groups, '
        'catalog.volumes, catalog.slugs, catalog.links, catalog.volume_media, catalog.locks TO %I', service);
    EXECUTE format('GRANT SELECT ON catalog.series_card, catalog.volume_card TO %I, %I', service, users);
    EXECUTE format('GRANT SELECT ON catalog.media_usage TO %I, %I', service, media);
END $$;
"""


def upgrade() -> None:
    """Create everything, in an order that its references allow."""
    for part in (FILES, SERIES, VOLUMES, SEARCH, TRIGGERS, VIEWS, GRANTS):
        op.execute(part)

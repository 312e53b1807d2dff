"""Keep lists of volume groups ready: what they are sorted by and searched in, and the JSON of their entries.

``catalog.group_keys`` and ``catalog.group_docs`` hold for every group out of the trash what the view
``catalog.group_entry`` would say of it. Triggers keep them, at the end of each statement that changes what an entry
shows, in the writing transaction: no code can forget it, and the service's role may not write to them at all. Groups
that were there before are filled in by the next revision, with the procedure ``catalog.refresh_all_groups``.
"""

from alembic import op

revision = "catalog_0003"
down_revision = "catalog_0002"

ENTRIES = """
CREATE VIEW catalog.volume_entry AS
SELECT volumes.id, volumes.series_id, volumes.group_id, volumes.group_order,
    left((
        SELECT row_to_json(shown) FROM (
            SELECT volumes.id, volumes.name, volumes.slug, volumes.language, volumes.edition_id,
                (SELECT editions.name FROM catalog.editions WHERE editions.id = volumes.edition_id) AS edition_name,
                volumes.special::int AS special, volumes.special_name, volumes.nsfw::int AS nsfw,
                volumes.nsfw18::int AS nsfw18
        ) AS shown
    )::text, -1) || ',"locked_by":' AS opening,
    coalesce((
        SELECT row_to_json(holder) FROM (
            SELECT locks.user_id AS id, locks.username FROM catalog.locks
            WHERE locks.route = 'volume' AND locks.id = volumes.id AND locks.expires_at > now()
        ) AS holder
    )::text, 'null') || '}' AS ending
FROM catalog.volumes;
COMMENT ON VIEW catalog.volume_entry IS 'Volumes as lists of groups show them: JSON text in two parts.';
COMMENT ON COLUMN catalog.volume_entry.ending IS 'Who is editing the volume: the part that time alone can change.';

CREATE VIEW catalog.group_entry AS
SELECT groups.id AS group_id, groups.client_id, groups.series_id, groups.series_order, groups.sort_name,
    series.sort_name AS series_sort_name, groups.search || U&'\\3000' || series.search AS search, groups.trashed_at,
    left((
        SELECT row_to_json(shown) FROM (
            SELECT groups.id, groups.name, groups.series_order, (
                SELECT row_to_json(named) FROM (SELECT series.id, series.name, series.type) AS named
            ) AS series
        ) AS shown
    )::text, -1) AS opening,
    '[' || coalesce((
        SELECT string_agg(volume.opening || 'null}', ',' ORDER BY volume.group_order, volume.id)
        FROM catalog.volume_entry AS volume WHERE volume.group_id = groups.id
    ), '') || ']' AS volumes
FROM catalog.volume_groups AS groups JOIN catalog.series ON series.id = groups.series_id;
COMMENT ON VIEW catalog.group_entry
    IS 'Groups as lists show them, computed anew: keys, and JSON text up to where the volumes follow.';
COMMENT ON COLUMN catalog.group_entry.search IS 'All names, with what no search can contain between them.';
COMMENT ON COLUMN catalog.group_entry.volumes IS 'The array of its volumes, as if nobody were editing any.';
"""

TABLES = """
ALTER FUNCTION catalog.grams(text) COST 5000;

CREATE TABLE catalog.group_keys (
    group_id bigint CONSTRAINT group_keys_pkey PRIMARY KEY,
    client_id bigint NOT NULL,
    series_id bigint NOT NULL,
    series_order integer NOT NULL,
    sort_name text COLLATE "C" NOT NULL,
    series_sort_name text COLLATE "C" NOT NULL,
    search text COLLATE "C" NOT NULL
);
COMMENT ON TABLE catalog.group_keys
    IS 'What lists of groups are sorted by and searched in. Apart from their JSON, so that many rows fit in memory.';
CREATE INDEX group_keys_title_idx ON catalog.group_keys
    (client_id, series_sort_name, series_id, series_order, group_id);
CREATE INDEX group_keys_title_desc_idx ON catalog.group_keys
    (client_id, series_sort_name DESC, series_id DESC, series_order, group_id);
CREATE INDEX group_keys_name_idx ON catalog.group_keys (client_id, sort_name, group_id, series_id);

CREATE TABLE catalog.group_docs (
    group_id bigint CONSTRAINT group_docs_pkey PRIMARY KEY,
    opening text COLLATE "C" NOT NULL,
    volumes text COLLATE "C" NOT NULL
) WITH (fillfactor = 85);
COMMENT ON TABLE catalog.group_docs IS 'The JSON text of groups: see catalog.group_entry.';
-- Decompressing a document takes longer than reading it.
ALTER TABLE catalog.group_docs ALTER opening SET STORAGE EXTERNAL, ALTER volumes SET STORAGE EXTERNAL;
"""

LISTS = """
-- Functions, as each session plans what is in them once: planning it with every list would take longer than the list.
CREATE FUNCTION catalog.locked_groups() RETURNS bigint[] LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN ARRAY(
        SELECT volumes.group_id FROM catalog.locks JOIN catalog.volumes ON volumes.id = locks.id
        WHERE locks.route = 'volume' AND locks.expires_at > now()
    );
END $$;
COMMENT ON FUNCTION catalog.locked_groups() IS 'The groups in which somebody is editing a volume.';
CREATE FUNCTION catalog.locked_volumes(of_group bigint) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN '[' || (
        SELECT string_agg(opening || ending, ',' ORDER BY group_order, id)
        FROM catalog.volume_entry WHERE group_id = of_group
    ) || ']';
END $$;
COMMENT ON FUNCTION catalog.locked_volumes(bigint) IS 'The array of the volumes of such a group, with who is editing.';

CREATE VIEW catalog.group_list AS
SELECT group_id, opening || '}' AS without_volumes,
    opening || ',"volumes":' || CASE
        WHEN group_id = ANY ((SELECT catalog.locked_groups())::bigint[]) THEN catalog.locked_volumes(group_id)
        ELSE volumes
    END || '}' AS with_volumes
FROM catalog.group_docs;
COMMENT ON VIEW catalog.group_list
    IS 'Ready entries of groups. Those few in which somebody is editing a volume are made anew, as locks expire.';

CREATE VIEW catalog.trash_list AS
SELECT group_id, client_id, series_id, series_order, sort_name, series_sort_name, search,
    opening || '}' AS without_volumes, opening || ',"volumes":' || volumes || '}' AS with_volumes
FROM catalog.group_entry WHERE trashed_at IS NOT NULL
UNION ALL
SELECT -1, client_id, id, -1, 'default', sort_name, U&'default\\3000' || search, opening || '}',
    opening || ',"volumes":[' || (
        SELECT string_agg(volume.opening || volume.ending, ',' ORDER BY volume.group_order, volume.id)
        FROM catalog.volume_entry AS volume WHERE volume.series_id = fallen.id AND volume.group_id IS NULL
    ) || ']}'
FROM (
    SELECT series.id, series.client_id, series.sort_name, series.search, left((
        SELECT row_to_json(shown) FROM (
            SELECT -1 AS id, 'Default' AS name, -1 AS series_order, (
                SELECT row_to_json(named) FROM (SELECT series.id, series.name, series.type) AS named
            ) AS series
        ) AS shown
    )::text, -1) AS opening
    FROM catalog.series
    WHERE id IN (SELECT volumes.series_id FROM catalog.volumes WHERE volumes.group_id IS NULL)
) AS fallen;
COMMENT ON VIEW catalog.trash_list
    IS 'Trashed groups, and for each series that has volumes without a group the default group -1 with these.';
"""

KEEPING = """
-- Groups and volumes are found by their ids. A plan kept from when the tables were small must not read them whole.
CREATE FUNCTION catalog.refresh_groups(touched bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    -- Who changes a series holds this lock already (catalog.store.ordering). Who forgot waits here for the others, so
    -- that the statements below, each of which sees what was committed before it began, see their changes.
    PERFORM pg_advisory_xact_lock(1, key) FROM (
        SELECT DISTINCT (series_id % 4096)::int AS key FROM catalog.volume_groups WHERE id = ANY (touched) ORDER BY key
    ) AS concerned;
    DELETE FROM catalog.group_keys WHERE group_id = ANY (touched) AND NOT EXISTS (
        SELECT FROM catalog.volume_groups WHERE id = group_id AND trashed_at IS NULL
    );
    DELETE FROM catalog.group_docs WHERE group_id = ANY (touched) AND NOT EXISTS (
        SELECT FROM catalog.volume_groups WHERE id = group_id AND trashed_at IS NULL
    );
    INSERT INTO catalog.group_keys AS kept
        (group_id, client_id, series_id, series_order, sort_name, series_sort_name, search)
    SELECT group_id, client_id, series_id, series_order, sort_name, series_sort_name, search
    FROM catalog.group_entry WHERE group_id = ANY (touched) AND trashed_at IS NULL
    ON CONFLICT (group_id) DO UPDATE SET client_id = excluded.client_id, series_id = excluded.series_id,
        series_order = excluded.series_order, sort_name = excluded.sort_name,
        series_sort_name = excluded.series_sort_name, search = excluded.search
    WHERE (kept.*) IS DISTINCT FROM (excluded.*);
    INSERT INTO catalog.group_docs AS kept (group_id, opening, volumes)
    SELECT group_id, opening, volumes
    FROM catalog.group_entry WHERE group_id = ANY (touched) AND trashed_at IS NULL
    ON CONFLICT (group_id) DO UPDATE SET opening = excluded.opening, volumes = excluded.volumes
    WHERE (kept.*) IS DISTINCT FROM (excluded.*);
END $$;
COMMENT ON FUNCTION catalog.refresh_groups(bigint[])
    IS 'Makes keys and JSON of these groups equal to catalog.group_entry. The one place that writes them.';

CREATE FUNCTION catalog.groups_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM catalog.refresh_groups(ARRAY(SELECT id FROM after_change));
    ELSE
        -- An id never changes, so those before are those after.
        PERFORM catalog.refresh_groups(ARRAY(SELECT id FROM before_change));
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION catalog.volumes_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    touched bigint[] := '{}';
BEGIN
    IF TG_OP <> 'INSERT' THEN
        touched := ARRAY(SELECT DISTINCT group_id FROM before_change WHERE group_id IS NOT NULL);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        touched := touched || ARRAY(SELECT DISTINCT group_id FROM after_change WHERE group_id IS NOT NULL);
    END IF;
    PERFORM catalog.refresh_groups(ARRAY(SELECT DISTINCT unnest(touched)));
    RETURN NULL;
END $$;
CREATE FUNCTION catalog.series_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM catalog.refresh_groups(ARRAY(SELECT id FROM catalog.volume_groups WHERE series_id = NEW.id));
    RETURN NULL;
END $$;
CREATE FUNCTION catalog.edition_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM catalog.refresh_groups(ARRAY(
        SELECT DISTINCT group_id FROM catalog.volumes WHERE edition_id = NEW.id AND group_id IS NOT NULL
    ));
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION catalog.refresh_groups(bigint[]), catalog.groups_changed(), catalog.volumes_changed(),
    catalog.series_changed(), catalog.edition_changed() FROM PUBLIC;
"""


def _statement_triggers(table: str, function: str) -> str:
    """Return the triggers that call ``function`` once after each statement that writes to ``table``."""
    rows = {
        "INSERT": "NEW TABLE AS after_change",
        "UPDATE": "OLD TABLE AS before_change NEW TABLE AS after_change",
        "DELETE": "OLD TABLE AS before_change",
    }
    return "".join(
        f"CREATE TRIGGER {table}_lists_{verb.lower()} AFTER {verb} ON catalog.{table} REFERENCING {tables} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION catalog.{function}();\n"
        for verb, tables in rows.items()
    )


# Whole rows are compared, not the columns that lists show: a column that is shown some day cannot be forgotten here.
TRIGGERS = (
    _statement_triggers("volume_groups", "groups_changed")
    + _statement_triggers("volumes", "volumes_changed")
    + """
CREATE TRIGGER series_lists_update AFTER UPDATE ON catalog.series FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION catalog.series_changed();
CREATE TRIGGER editions_lists_update AFTER UPDATE ON catalog.editions FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION catalog.edition_changed();
"""
)

FILLING = """
CREATE PROCEDURE catalog.refresh_all_groups() LANGUAGE plpgsql AS $$
DECLARE
    last bigint := 0;
    touched bigint[];
BEGIN
    LOOP
        SELECT array_agg(id), max(id) INTO touched, last FROM (
            SELECT id FROM catalog.volume_groups WHERE id > last ORDER BY id LIMIT 1000
        ) AS next;
        EXIT WHEN touched IS NULL;
        PERFORM catalog.refresh_groups(touched);
        COMMIT;
    END LOOP;
    DELETE FROM catalog.group_keys WHERE group_id NOT IN (SELECT id FROM catalog.volume_groups);
    DELETE FROM catalog.group_docs WHERE group_id NOT IN (SELECT id FROM catalog.volume_groups);
END $$;
COMMENT ON PROCEDURE catalog.refresh_all_groups()
    IS 'Makes keys and JSON of all groups, a thousand at a time, each committed: writers wait for none but theirs.';
REVOKE ALL ON PROCEDURE catalog.refresh_all_groups() FROM PUBLIC;
"""

GRANTS = """
DO $$
BEGIN
    EXECUTE format('GRANT SELECT ON catalog.volume_entry, catalog.group_entry, catalog.group_keys, '
        'catalog.group_docs, catalog.group_list, catalog.trash_list TO %I', current_database() || '_catalog');
END $$;
"""


def upgrade() -> None:
    for part in (ENTRIES, TABLES, LISTS, KEEPING, TRIGGERS, FILLING, GRANTS):
        op.execute(part)

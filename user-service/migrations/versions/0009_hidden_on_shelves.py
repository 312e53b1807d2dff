"""Let readers' lists sort what is hidden behind all names: its own name must not show in its place.

What an entry is sorted by is no longer a copy of the series' name that a foreign key carries over, but what
``users.listed_name`` makes of it. Triggers on the catalogue's tables keep it when a series is renamed, published or
hidden, and when a volume is published, hidden, moved or loses its group. A writer of the catalogue holds the series
(``catalog.store.ordering``), so that the triggers see what is committed. The next revision fills in the entries that
were there before; until then they sort by their name.
"""

from alembic import op

revision = "users_0009"
down_revision = "users_0008"

# Taken all at once or, for a moment, not at all: who waits behind a lock that waits itself would wait too long.
LOCKS = """
DO $$
BEGIN
    SET LOCAL lock_timeout = '200ms';
    FOR attempt IN 1 .. 200 LOOP
        BEGIN
            LOCK TABLE users.collection_items, users.reading_statuses, catalog.series IN ACCESS EXCLUSIVE MODE;
            LOCK TABLE catalog.volume_groups, catalog.volumes IN SHARE ROW EXCLUSIVE MODE;
            RETURN;
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
            PERFORM pg_sleep(0.1);
        END;
    END LOOP;
    RAISE lock_not_available USING MESSAGE = 'readers'' entries and the catalogue are in use all the time';
END $$;
"""

KEYS = """
CREATE FUNCTION users.listed_name(hidden boolean, sort_name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN CASE WHEN hidden THEN U&'\\+10FFFF' ELSE sort_name END;
COMMENT ON FUNCTION users.listed_name(boolean, text)
    IS 'What an entry of a reader is sorted by: the name of its series, or what comes after all names.';
COMMENT ON COLUMN users.collection_items.series_sort_name IS 'users.listed_name of the volume; kept by triggers.';
COMMENT ON COLUMN users.reading_statuses.series_sort_name IS 'users.listed_name of the series; kept by triggers.';

-- Entries are found by series and volume. A plan kept from when the tables were small must not read them whole.
CREATE FUNCTION users.sort_items_of(touched bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    -- Worked out once for each volume, however many readers own it.
    WITH listed AS MATERIALIZED (
        SELECT card.id, users.listed_name(card.hidden, series.sort_name) AS name
        FROM catalog.volume_card AS card JOIN catalog.series ON series.id = card.series_id
        WHERE card.id = ANY (touched)
    )
    UPDATE users.collection_items AS item SET series_sort_name = listed.name
    FROM listed WHERE item.volume_id = listed.id AND item.series_sort_name <> listed.name;
END $$;
CREATE FUNCTION users.sort_entries_of_series(touched bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    UPDATE users.reading_statuses AS status
    SET series_sort_name = users.listed_name(card.hidden, card.sort_name)
    FROM catalog.series_card AS card
    WHERE status.series_id = touched AND card.id = touched
        AND status.series_sort_name <> users.listed_name(card.hidden, card.sort_name);
    PERFORM users.sort_items_of(ARRAY(
        SELECT DISTINCT volume_id FROM users.collection_items WHERE series_id = touched
    ));
END $$;
COMMENT ON FUNCTION users.sort_items_of(bigint[]) IS 'Sorts what readers own of these volumes anew.';
COMMENT ON FUNCTION users.sort_entries_of_series(bigint) IS 'Sorts all that readers have of a series anew.';
"""

# The locks wait for whoever changes the series or the volume at this moment, so that the change is read. The series
# comes first, as it does for those who delete it. Where it is gone, the foreign key says so, not a missing value.
PLACING = """
CREATE OR REPLACE FUNCTION users.place_item() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    PERFORM FROM catalog.series WHERE id = NEW.series_id FOR SHARE;
    PERFORM FROM catalog.volumes WHERE id = NEW.volume_id FOR SHARE;
    SELECT series.client_id, users.listed_name(card.hidden, series.sort_name)
    INTO NEW.client_id, NEW.series_sort_name
    FROM catalog.series LEFT JOIN catalog.volume_card AS card ON card.id = NEW.volume_id
    WHERE series.id = NEW.series_id;
    IF NOT FOUND THEN
        NEW.client_id := 0;
        NEW.series_sort_name := '';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION users.place_status() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    PERFORM FROM catalog.series WHERE id = NEW.series_id FOR SHARE;
    NEW.series_sort_name := coalesce((
        SELECT users.listed_name(hidden, sort_name) FROM catalog.series_card WHERE id = NEW.series_id
    ), '');
    RETURN NEW;
END $$;

CREATE FUNCTION users.series_shown_anew() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM users.sort_entries_of_series(NEW.id);
    RETURN NULL;
END $$;
CREATE FUNCTION users.volumes_shown_anew() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    touched bigint[] := ARRAY(
        SELECT id FROM before_change AS was JOIN after_change AS became USING (id)
        WHERE (was.public, was.group_id, was.series_id)
            IS DISTINCT FROM (became.public, became.group_id, became.series_id)
    );
BEGIN
    IF touched <> '{}' THEN
        PERFORM users.sort_items_of(touched);
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION users.group_shown_anew() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM users.sort_items_of(ARRAY(SELECT id FROM catalog.volumes WHERE group_id = NEW.id));
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION users.listed_name(boolean, text), users.sort_items_of(bigint[]),
    users.sort_entries_of_series(bigint), users.series_shown_anew(), users.volumes_shown_anew(),
    users.group_shown_anew() FROM PUBLIC;
"""

TRIGGERS = """
CREATE TRIGGER series_readers_update AFTER UPDATE OF sort_name, public ON catalog.series FOR EACH ROW
    WHEN ((OLD.sort_name, OLD.public) IS DISTINCT FROM (NEW.sort_name, NEW.public))
    EXECUTE FUNCTION users.series_shown_anew();
CREATE TRIGGER volumes_readers_update AFTER UPDATE ON catalog.volumes
    REFERENCING OLD TABLE AS before_change NEW TABLE AS after_change
    FOR EACH STATEMENT EXECUTE FUNCTION users.volumes_shown_anew();
CREATE TRIGGER volume_groups_readers_update AFTER UPDATE OF trashed_at ON catalog.volume_groups FOR EACH ROW
    WHEN ((OLD.trashed_at IS NULL) <> (NEW.trashed_at IS NULL))
    EXECUTE FUNCTION users.group_shown_anew();
"""

# Proven for the rows that are there by the next revision, under a lock that lets everybody read and write.
REFERENCES = """
ALTER TABLE users.collection_items DROP CONSTRAINT collection_items_series_fkey,
    ADD CONSTRAINT collection_items_series_fkey FOREIGN KEY (series_id, client_id)
        REFERENCES catalog.series (id, client_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE users.reading_statuses DROP CONSTRAINT reading_statuses_series_fkey,
    ADD CONSTRAINT reading_statuses_series_fkey FOREIGN KEY (series_id, client_id)
        REFERENCES catalog.series (id, client_id) ON DELETE CASCADE NOT VALID;
-- Only the keys above had use for it.
ALTER TABLE catalog.series DROP CONSTRAINT series_sort_key_unique;
"""

FILLING = """
CREATE PROCEDURE users.sort_all_entries() LANGUAGE plpgsql AS $$
DECLARE
    touched bigint[];
    last bigint := 0;
BEGIN
    LOOP
        SELECT array_agg(id), max(id) INTO touched, last FROM (
            SELECT id FROM catalog.series WHERE id > last ORDER BY id LIMIT 100
        ) AS next;
        EXIT WHEN touched IS NULL;
        PERFORM users.sort_entries_of_series(id) FROM unnest(touched) AS id;
        COMMIT;
    END LOOP;
END $$;
COMMENT ON PROCEDURE users.sort_all_entries()
    IS 'Sorts all entries of readers anew, those of a hundred series at a time, each committed.';
REVOKE ALL ON PROCEDURE users.sort_all_entries() FROM PUBLIC;
"""


def upgrade() -> None:
    """Create what keeps the sort keys, then let go of the foreign keys that kept them so far."""
    for part in (LOCKS, KEYS, PLACING, TRIGGERS, REFERENCES, FILLING):
        op.execute(part)

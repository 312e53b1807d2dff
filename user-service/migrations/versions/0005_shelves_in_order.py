"""Keep with each collected volume and each reading status what lists sort it by, so that an index holds their order.

Foreign keys hold the copies equal to the series, and carry its new name over when it is renamed; triggers write them,
so no statement has to know of them. A page costs what is on it and what comes before it, whatever the catalogue's size.
"""

from alembic import op

revision = "users_0005"
down_revision = "users_0004"

COLUMNS = """
ALTER TABLE users.collection_items ADD client_id bigint, ADD series_sort_name text COLLATE "C";
COMMENT ON COLUMN users.collection_items.client_id IS 'The client of the series, here for the lists.';
COMMENT ON COLUMN users.collection_items.series_sort_name IS 'What the series is sorted by, here for the lists.';
ALTER TABLE users.reading_statuses ADD series_sort_name text COLLATE "C";
COMMENT ON COLUMN users.reading_statuses.series_sort_name IS 'What the series is sorted by, here for the lists.';
"""

# The lock waits for whoever renames the series at this moment, and the new name is read. Where the series is gone, the
# foreign key says so, not a column without a value.
TRIGGERS = """
CREATE FUNCTION users.place_item() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    SELECT client_id, sort_name INTO NEW.client_id, NEW.series_sort_name
    FROM catalog.series WHERE id = NEW.series_id FOR KEY SHARE;
    IF NOT FOUND THEN
        NEW.client_id := 0;
        NEW.series_sort_name := '';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION users.place_status() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.series_sort_name := coalesce(
        (SELECT sort_name FROM catalog.series WHERE id = NEW.series_id FOR KEY SHARE), ''
    );
    RETURN NEW;
END $$;
COMMENT ON FUNCTION users.place_item() IS 'Writes down whose series a volume is of, and what that is sorted by.';
COMMENT ON FUNCTION users.place_status() IS 'Writes down what the series of a reading status is sorted by.';
REVOKE ALL ON FUNCTION users.place_item(), users.place_status() FROM PUBLIC;
CREATE TRIGGER collection_items_added BEFORE INSERT ON users.collection_items
    FOR EACH ROW EXECUTE FUNCTION users.place_item();
CREATE TRIGGER collection_items_moved BEFORE UPDATE OF series_id ON users.collection_items
    FOR EACH ROW WHEN (OLD.series_id <> NEW.series_id) EXECUTE FUNCTION users.place_item();
CREATE TRIGGER reading_statuses_added BEFORE INSERT ON users.reading_statuses
    FOR EACH ROW EXECUTE FUNCTION users.place_status();
"""

FILLING = """
UPDATE users.collection_items AS item SET client_id = series.client_id, series_sort_name = series.sort_name
FROM catalog.series WHERE series.id = item.series_id;
UPDATE users.reading_statuses AS status SET series_sort_name = series.sort_name
FROM catalog.series WHERE series.id = status.series_id;
"""

KEYS = """
ALTER TABLE users.collection_items ALTER client_id SET NOT NULL, ALTER series_sort_name SET NOT NULL,
    ADD CONSTRAINT collection_items_series_fkey FOREIGN KEY (series_id, client_id, series_sort_name)
        REFERENCES catalog.series (id, client_id, sort_name) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE users.reading_statuses ALTER series_sort_name SET NOT NULL,
    DROP CONSTRAINT reading_statuses_series_fkey,
    ADD CONSTRAINT reading_statuses_series_fkey FOREIGN KEY (series_id, client_id, series_sort_name)
        REFERENCES catalog.series (id, client_id, sort_name) ON UPDATE CASCADE ON DELETE CASCADE;
CREATE INDEX collection_items_title_idx
    ON users.collection_items (user_id, client_id, series_sort_name, series_id);
DROP INDEX users.collection_items_series_idx;
CREATE INDEX collection_items_series_idx ON users.collection_items (series_id);
CREATE INDEX reading_statuses_title_idx ON users.reading_statuses (user_id, series_sort_name, series_id)
    INCLUDE (client_id);
"""


def upgrade() -> None:
    for part in (COLUMNS, TRIGGERS, FILLING, KEYS):
        op.execute(part)

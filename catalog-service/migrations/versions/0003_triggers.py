"""Let the database itself doom the covers that nobody refers to any more, and count groups."""

from alembic import op

revision = "catalog_0003"
down_revision = "catalog_0002"

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


def upgrade() -> None:
    op.execute(TRIGGERS)

"""Create schema users: accounts, roles, sessions, rate limits, reading, ratings, collections, files."""

from alembic import op

revision = "users_0001"
down_revision = None

ACCOUNTS = """
CREATE TABLE users.files (
    key text COLLATE "C" CONSTRAINT files_pkey PRIMARY KEY,
    state text COLLATE "C" NOT NULL
        CONSTRAINT files_state_check CHECK (state IN ('pending', 'live', 'doomed')),
    since timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE users.files IS 'Every picture on storage: pending before its bytes, doomed until they go.';
CREATE INDEX files_sweep_idx ON users.files (state, since) WHERE state <> 'live';

CREATE TABLE users.users (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT users_pkey PRIMARY KEY,
    username text COLLATE "C" NOT NULL,
    slug text COLLATE "C" NOT NULL GENERATED ALWAYS AS (lower(username)) STORED
        CONSTRAINT users_slug_unique UNIQUE,
    sort_name text COLLATE "C" NOT NULL,
    password_hash text COLLATE "C" NOT NULL,
    profile_key text COLLATE "C" CONSTRAINT users_profile_key_unique UNIQUE
        CONSTRAINT users_profile_key_fkey REFERENCES users.files (key),
    profile_url text,
    image_version integer NOT NULL DEFAULT 0,
    registered timestamptz NOT NULL DEFAULT now(),
    age_verified boolean NOT NULL DEFAULT false,
    settings jsonb NOT NULL DEFAULT '{}'
        CONSTRAINT users_settings_check CHECK (jsonb_typeof(settings) = 'object'),
    CONSTRAINT users_username_check CHECK (username ~ '^[A-Za-z0-9_.-]{3,31}$'),
    CONSTRAINT users_one_picture_check CHECK (profile_key IS NULL OR profile_url IS NULL)
);
COMMENT ON COLUMN users.users.slug IS 'The name in lower case: makes it unique, and is what search compares.';
COMMENT ON COLUMN users.users.profile_url IS 'An outside picture; its bytes are not ours to remove.';
COMMENT ON COLUMN users.users.image_version IS 'Grows with every change of the picture.';
CREATE INDEX users_name_idx ON users.users (sort_name, id);
CREATE INDEX users_registered_idx ON users.users (registered, id);

CREATE FUNCTION users.doom_lost_picture() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE users.files SET state = 'doomed', since = now() WHERE key = OLD.profile_key;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION users.doom_lost_picture() IS 'Dooms a key that nobody refers to, so that no code can forget.';
REVOKE ALL ON FUNCTION users.doom_lost_picture() FROM PUBLIC;
CREATE TRIGGER users_picture_replaced AFTER UPDATE OF profile_key ON users.users FOR EACH ROW
    WHEN (OLD.profile_key IS NOT NULL AND OLD.profile_key IS DISTINCT FROM NEW.profile_key)
    EXECUTE FUNCTION users.doom_lost_picture();
CREATE TRIGGER users_picture_deleted AFTER DELETE ON users.users FOR EACH ROW
    WHEN (OLD.profile_key IS NOT NULL) EXECUTE FUNCTION users.doom_lost_picture();

CREATE TABLE users.permissions (
    name text COLLATE "C" CONSTRAINT permissions_pkey PRIMARY KEY
);
CREATE TABLE users.roles (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT roles_pkey PRIMARY KEY,
    name text COLLATE "C" NOT NULL CONSTRAINT roles_name_unique UNIQUE,
    description text NOT NULL
);
CREATE TABLE users.role_permissions (
    role_id bigint NOT NULL
        CONSTRAINT role_permissions_role_fkey REFERENCES users.roles (id) ON DELETE CASCADE,
    permission text COLLATE "C" NOT NULL
        CONSTRAINT role_permissions_permission_fkey REFERENCES users.permissions (name) ON DELETE CASCADE,
    CONSTRAINT role_permissions_pkey PRIMARY KEY (role_id, permission)
);
CREATE INDEX role_permissions_permission_idx ON users.role_permissions (permission);
CREATE TABLE users.user_roles (
    user_id bigint NOT NULL CONSTRAINT user_roles_user_fkey REFERENCES users.users (id) ON DELETE CASCADE,
    role_id bigint NOT NULL CONSTRAINT user_roles_role_fkey REFERENCES users.roles (id),
    CONSTRAINT user_roles_pkey PRIMARY KEY (user_id, role_id)
);
CREATE INDEX user_roles_role_idx ON users.user_roles (role_id, user_id);

CREATE TABLE users.sessions (
    id text COLLATE "C" CONSTRAINT sessions_pkey PRIMARY KEY,
    user_id bigint CONSTRAINT sessions_user_fkey REFERENCES users.users (id) ON DELETE SET NULL,
    created timestamptz NOT NULL DEFAULT now(),
    last_seen timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    address text NOT NULL,
    device text
);
COMMENT ON COLUMN users.sessions.user_id IS 'Null once the user is deleted: tells "gone" from "logged out".';
CREATE INDEX sessions_user_idx ON users.sessions (user_id);
CREATE INDEX sessions_expires_idx ON users.sessions (expires_at);

CREATE TABLE users.attempts (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT attempts_pkey PRIMARY KEY,
    bucket text COLLATE "C" NOT NULL,
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE users.attempts IS 'What rate limits count: a row an attempt, gone when its window has passed.';
COMMENT ON COLUMN users.attempts.bucket IS 'A digest of what is limited and of whom.';
CREATE INDEX attempts_bucket_idx ON users.attempts (bucket, expires_at);
CREATE INDEX attempts_expires_idx ON users.attempts (expires_at);
"""

READING = """
CREATE TABLE users.reading_statuses (
    user_id bigint NOT NULL
        CONSTRAINT reading_statuses_user_fkey REFERENCES users.users (id) ON DELETE CASCADE,
    series_id bigint NOT NULL,
    client_id bigint NOT NULL,
    visibility text COLLATE "C" NOT NULL
        CONSTRAINT reading_statuses_visibility_check CHECK (visibility IN ('private', 'public')),
    status text COLLATE "C" NOT NULL
        CONSTRAINT reading_statuses_status_check CHECK (status IN ('started', 'completed', 'paused', 'dropped')),
    progress bigint NOT NULL CONSTRAINT reading_statuses_progress_check CHECK (progress >= 0),
    progress_type text COLLATE "C" NOT NULL
        CONSTRAINT reading_statuses_progress_type_check CHECK (progress_type IN ('chapters', 'volumes')),
    score double precision CONSTRAINT reading_statuses_score_check CHECK (score BETWEEN 0 AND 10),
    priority text COLLATE "C" NOT NULL
        CONSTRAINT reading_statuses_priority_check CHECK (priority IN ('low', 'mid', 'high')),
    reread bigint NOT NULL DEFAULT 0 CONSTRAINT reading_statuses_reread_check CHECK (reread >= 0),
    start_date date,
    end_date date,
    notes text,
    last_update timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT reading_statuses_pkey PRIMARY KEY (user_id, series_id),
    CONSTRAINT reading_statuses_series_fkey FOREIGN KEY (series_id, client_id)
        REFERENCES catalog.series (id, client_id) ON DELETE CASCADE,
    CONSTRAINT reading_statuses_dates_check CHECK (start_date <= end_date)
);
COMMENT ON COLUMN users.reading_statuses.client_id IS
    'The client of the series, here for the lists; held equal by the foreign key.';
CREATE INDEX reading_statuses_series_idx ON users.reading_statuses (series_id);
CREATE INDEX reading_statuses_update_idx ON users.reading_statuses (user_id, last_update, series_id)
    INCLUDE (client_id);

CREATE TABLE users.series_ratings (
    user_id bigint NOT NULL
        CONSTRAINT series_ratings_user_fkey REFERENCES users.users (id) ON DELETE CASCADE,
    series_id bigint NOT NULL
        CONSTRAINT series_ratings_series_fkey REFERENCES catalog.series (id) ON DELETE CASCADE,
    rating numeric(3, 1) NOT NULL
        CONSTRAINT series_ratings_rating_check CHECK (rating BETWEEN 1 AND 10 AND mod(rating, 0.5) = 0),
    CONSTRAINT series_ratings_pkey PRIMARY KEY (user_id, series_id)
);
CREATE INDEX series_ratings_series_idx ON users.series_ratings (series_id, rating);

CREATE TABLE users.collection_items (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT collection_items_pkey PRIMARY KEY,
    user_id bigint NOT NULL
        CONSTRAINT collection_items_user_fkey REFERENCES users.users (id) ON DELETE CASCADE,
    volume_id bigint NOT NULL
        CONSTRAINT collection_items_volume_fkey REFERENCES catalog.volumes (id) ON DELETE CASCADE,
    series_id bigint NOT NULL,
    price numeric(12, 2) CONSTRAINT collection_items_price_check CHECK (price >= 0),
    buy_date date,
    CONSTRAINT collection_items_user_volume_unique UNIQUE (user_id, volume_id),
    CONSTRAINT collection_items_place_fkey FOREIGN KEY (volume_id, series_id)
        REFERENCES catalog.volumes (id, series_id) ON UPDATE CASCADE ON DELETE CASCADE
);
COMMENT ON COLUMN users.collection_items.series_id IS
    'The series of the volume, here for the lists; follows it by the foreign key.';
CREATE INDEX collection_items_series_idx ON users.collection_items (user_id, series_id);
CREATE INDEX collection_items_volume_idx ON users.collection_items (volume_id);
"""

VIEWS = """
CREATE VIEW users.active_session WITH (security_barrier) AS
SELECT sessions.id AS session_id, users.id AS user_id, users.username,
    ARRAY(
        SELECT DISTINCT role_permissions.permission
        FROM users.user_roles JOIN users.role_permissions USING (role_id)
        WHERE user_roles.user_id = users.id ORDER BY role_permissions.permission
    ) AS permissions
FROM users.sessions LEFT JOIN users.users ON users.id = sessions.user_id
WHERE sessions.ended_at IS NULL AND sessions.expires_at > now();
COMMENT ON VIEW users.active_session IS 'Published to the gateway. user_id is null where the user is deleted.';

CREATE VIEW users.series_rating_summary AS
SELECT series_id, round(avg(rating), 2) AS average_rating, count(*) AS rating_count
FROM users.series_ratings GROUP BY series_id;
COMMENT ON VIEW users.series_rating_summary IS 'Published to catalog. Series without ratings have no row.';
"""

SEED = """
INSERT INTO users.permissions (name) VALUES
    ('view-volumes'), ('edit-volumes'), ('delete-volumes'),
    ('view-media'), ('add-media'), ('edit-media'), ('delete-media'),
    ('view-series'), ('add-series'), ('edit-series'), ('delete-series'),
    ('rate-series'), ('manage-locks'),
    ('view-users'), ('edit-users'), ('delete-users'), ('view-roles');
INSERT INTO users.roles (name, description) VALUES
    ('Member', 'Everybody who registers: keeps a reading history and a collection, and rates series.'),
    ('Editor', 'Looks after the catalogue: volumes, media and series.'),
    ('Admin', 'May do everything.');
INSERT INTO users.role_permissions (role_id, permission)
SELECT roles.id, permissions.name FROM users.roles CROSS JOIN users.permissions
WHERE CASE roles.name
    WHEN 'Member' THEN permissions.name = 'rate-series'
    WHEN 'Editor' THEN permissions.name ~ '^(view|add|edit)-(volumes|media|series)$'
        OR permissions.name IN ('rate-series', 'manage-locks')
    ELSE true
END;
"""

GRANTS = """
DO $$
DECLARE
    service text := current_database() || '_users';
    gateway text := current_database() || '_gateway';
    catalog text := current_database() || '_catalog';
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA users TO %I, %I, %I', service, gateway, catalog);
    EXECUTE format(
        'GRANT SELECT, INSERT, UPDATE, DELETE ON users.files, users.users, users.permissions, users.roles, '
        'users.role_permissions, users.user_roles, users.sessions, users.attempts, users.reading_statuses, '
        'users.series_ratings, users.collection_items TO %I', service);
    EXECUTE format('GRANT SELECT ON users.active_session, users.series_rating_summary TO %I', service);
    EXECUTE format('GRANT SELECT ON users.active_session TO %I', gateway);
    EXECUTE format('GRANT SELECT ON users.series_rating_summary TO %I', catalog);
END $$;
"""


def upgrade() -> None:
    """Create everything, in an order that its references allow."""
    for part in (ACCOUNTS, READING, VIEWS, SEED, GRANTS):
        op.execute(part)

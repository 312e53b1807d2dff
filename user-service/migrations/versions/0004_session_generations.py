"""Let a session's cookie be replaced, and let its user see it: generations, numbers, and when it was last seen."""

from alembic import op

revision = "users_0004"
down_revision = "users_0003"

COLUMNS = """
ALTER TABLE users.sessions
    ADD number bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT sessions_number_unique UNIQUE,
    ADD generation integer NOT NULL DEFAULT 0 CONSTRAINT sessions_generation_check CHECK (generation >= 0),
    ADD rotated_at timestamptz NOT NULL DEFAULT now();
COMMENT ON COLUMN users.sessions.number IS 'Names the session to its user; its id stands in the cookie alone.';
COMMENT ON COLUMN users.sessions.generation IS 'Which cookie is the present one: 0 from the login, then 1, 2, ...';
COMMENT ON COLUMN users.sessions.rotated_at IS 'When that cookie was made.';

ALTER TABLE users.users ADD password_version integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN users.users.password_version IS
    'Grows with every change of the password: a login that was checked against an older one is none.';
"""

VIEW = """
CREATE OR REPLACE VIEW users.active_session WITH (security_barrier) AS
SELECT sessions.id AS session_id, users.id AS user_id, users.username,
    ARRAY(
        SELECT DISTINCT role_permissions.permission
        FROM users.user_roles JOIN users.role_permissions USING (role_id)
        WHERE user_roles.user_id = users.id ORDER BY role_permissions.permission
    ) AS permissions,
    sessions.generation,
    sessions.rotated_at > now() - interval '30 seconds' AS parent_is_good,
    sessions.last_seen < now() - interval '1 minute' AS sighting_is_due
FROM users.sessions LEFT JOIN users.users ON users.id = sessions.user_id
WHERE sessions.ended_at IS NULL AND sessions.expires_at > now();
COMMENT ON COLUMN users.active_session.parent_is_good IS
    'Whether the cookie before the present one still counts: its successor may not have arrived yet.';
COMMENT ON COLUMN users.active_session.sighting_is_due IS 'Whether last_seen is worth writing again.';
"""

FUNCTIONS = """
CREATE FUNCTION users.see_session(session text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE users.sessions SET last_seen = now()
    FROM users.active_session AS active
    WHERE active.session_id = session AND active.sighting_is_due AND sessions.id = active.session_id
$$;
COMMENT ON FUNCTION users.see_session(text) IS 'Writes down that a session was used, at most once a minute.';

CREATE FUNCTION users.end_session(session text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE users.sessions SET ended_at = now() WHERE id = session AND ended_at IS NULL
$$;
COMMENT ON FUNCTION users.end_session(text) IS 'Ends a session: one of its outdated cookies was used again.';

REVOKE ALL ON FUNCTION users.see_session(text), users.end_session(text) FROM PUBLIC;
"""

GRANTS = """
DO $$
DECLARE
    gateway text := current_database() || '_gateway';
BEGIN
    EXECUTE format('GRANT EXECUTE ON FUNCTION users.see_session(text), users.end_session(text) TO %I', gateway);
END $$;
"""


def upgrade() -> None:
    """Widen tables and view, and let the gateway's role note and end a session that it knows the id of."""
    for part in (COLUMNS, VIEW, FUNCTIONS, GRANTS):
        op.execute(part)

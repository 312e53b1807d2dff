"""Bind each session to the password that it was begun with, and show users random session numbers.

Each statement is a transaction of its own and may run again where the revision broke off. Old code may run
meanwhile: it begins sessions without ``password_version``, and gets random numbers by the column's default.
"""

from alembic import op
from sqlalchemy import text

revision = "users_0008"
down_revision = "users_0007"

TABLE = """
ALTER TABLE users.sessions
    ADD COLUMN IF NOT EXISTS password_version integer,
    ALTER number DROP IDENTITY IF EXISTS,
    ALTER number SET DEFAULT ('x' || translate(left(gen_random_uuid()::text, 13), '-', ''))::bit(48)::bigint + 1
"""

# Apart from TABLE: one transaction with locks on both could meet the gateway's look-up in a deadlock.
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
WHERE sessions.ended_at IS NULL AND sessions.expires_at > now()
    AND (sessions.password_version = users.password_version) IS NOT FALSE
"""

COMMENTS = """
COMMENT ON COLUMN users.sessions.number IS
    'Names the session to its user. Random, so that it does not tell how many sessions there are.';
COMMENT ON COLUMN users.sessions.password_version IS
    'The version of the password that the session was begun with: it ends with the next version, whoever writes it.'
    ' Null in sessions from before this was kept.';
"""

SEQUENTIAL = "SELECT EXISTS (SELECT FROM users.sessions WHERE number < 4294967296)"
"""Numbers of the sequence are small; the few random ones below the bound get another, which does no harm."""

# Skips rows that somebody holds, so that this cannot meet them in a deadlock.
RENUMBER = """
UPDATE users.sessions SET number = DEFAULT WHERE id IN (
    SELECT id FROM users.sessions WHERE number < 4294967296 LIMIT 1000 FOR UPDATE SKIP LOCKED
)
"""


def upgrade() -> None:
    """Change the table, then the view, then number the sessions anew, a thousand at a time."""
    with op.get_context().autocommit_block():
        for part in (TABLE, VIEW, COMMENTS):
            op.execute(part)
        while op.get_bind().execute(text(SEQUENTIAL)).scalar_one():
            op.execute(RENUMBER)

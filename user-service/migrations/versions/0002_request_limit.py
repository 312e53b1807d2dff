"""Count requests per address and minute, for every gateway together."""

from alembic import op

revision = "users_0002"
down_revision = "users_0001"

COUNTING = """
CREATE UNLOGGED TABLE users.request_counts (
    address text COLLATE "C" NOT NULL,
    minute timestamptz NOT NULL,
    requests integer NOT NULL,
    CONSTRAINT request_counts_pkey PRIMARY KEY (address, minute)
) WITH (fillfactor = 50);
COMMENT ON TABLE users.request_counts IS 'Requests by address and minute. Unlogged: a crash may forget a minute.';
CREATE INDEX request_counts_minute_idx ON users.request_counts (minute);

CREATE FUNCTION users.count_request(client text, per_minute integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    this_minute CONSTANT timestamptz := date_trunc('minute', clock_timestamp());
    made integer;
BEGIN
    INSERT INTO users.request_counts AS counted (address, minute, requests) VALUES (client, this_minute, 1)
    ON CONFLICT ON CONSTRAINT request_counts_pkey DO UPDATE SET requests = counted.requests + 1
    RETURNING requests INTO made;
    IF made = 1 THEN
        DELETE FROM users.request_counts WHERE (address, minute) IN (
            SELECT address, minute FROM users.request_counts WHERE minute < this_minute - interval '1 minute'
            LIMIT 100 FOR UPDATE SKIP LOCKED
        );
    END IF;
    IF made <= per_minute THEN
        RETURN 0;
    END IF;
    RETURN greatest(1, ceil(extract(epoch FROM this_minute + interval '1 minute' - clock_timestamp())));
END $$;
COMMENT ON FUNCTION users.count_request(text, integer) IS
    'Counts one request of a client; returns 0, or the seconds it has to wait when it made too many this minute.';
REVOKE ALL ON FUNCTION users.count_request(text, integer) FROM PUBLIC;
"""

GRANTS = """
DO $$
DECLARE
    service text := current_database() || '_users';
    gateway text := current_database() || '_gateway';
BEGIN
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON users.request_counts TO %I', service);
    EXECUTE format('GRANT EXECUTE ON FUNCTION users.count_request(text, integer) TO %I', gateway);
END $$;
"""


def upgrade() -> None:
    """Create the counters, and let the gateway's role count without seeing them."""
    op.execute(COUNTING)
    op.execute(GRANTS)

"""Metrics of the connection pool: size, connections in use, waits and timeouts."""

from shared.observability.metrics import counter, gauge

KEPT = gauge("bunko_database_connections", "Connections to PostgreSQL that may be open at once.").of()
IN_USE = gauge("bunko_database_connections_in_use", "Connections to PostgreSQL in use.").of()
WAITS = counter(
    "bunko_database_connection_waits", "Requests that waited for a connection because all were in use."
).of()
TIMEOUTS = counter("bunko_database_connection_timeouts", "Requests that got no connection in time.").of()

"""Client-side timeout for every wait of psycopg2 for PostgreSQL.

A working server ends slow statements itself (``statement_timeout``). A stopped server never answers, while its kernel
still acknowledges packets, so that TCP timeouts do not apply. Only the client can end that wait. The wait callback
takes 1 to 3 µs of CPU per statement, on a machine where the list of groups takes 940 µs.
"""

from select import POLLIN, POLLOUT, poll

import psycopg2
from psycopg2.extensions import POLL_OK, POLL_READ, connection, set_wait_callback

CONNECT_SECONDS = 2
RESPONSE_SECONDS = 12
"""Exceeds the ``statement_timeout`` in ``engine.py``."""

_CONNECTED = 0
"""Libpq's ``CONNECTION_OK``."""


def install() -> None:
    """Set the timeout for all connections of this process.

    On a timeout psycopg2 raises ``OperationalError`` and closes the connection.
    """
    set_wait_callback(_wait)


def _wait(waiting: connection) -> None:
    while (wanted := waiting.poll()) != POLL_OK:
        seconds = RESPONSE_SECONDS if waiting.info.status == _CONNECTED else CONNECT_SECONDS
        poller = poll()
        poller.register(waiting.fileno(), POLLIN if wanted == POLL_READ else POLLOUT)
        if not poller.poll(1000 * seconds):
            raise psycopg2.OperationalError(f"the server has been silent for {seconds} s")

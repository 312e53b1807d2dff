"""How long a service waits for PostgreSQL to say anything at all.

A server that is alive ends a statement that takes too long. One that stands still, while its kernel goes on
acknowledging what is sent, says nothing for ever: nobody but who waits can put an end to that. Asking libpq in this way
costs 1 to 3 µs of CPU a statement, on a machine where the list of groups takes 940.
"""

from select import POLLIN, POLLOUT, poll

import psycopg2
from psycopg2.extensions import POLL_OK, POLL_READ, connection, set_wait_callback

CONNECT_SECONDS = 2
RESPONSE_SECONDS = 12
"""Longer than the server lets a statement take (``statement_timeout`` in ``database.py``)."""

_CONNECTED = 0
"""What libpq calls ``CONNECTION_OK``."""


def install() -> None:
    """Have every wait of this process for PostgreSQL end in time, with an ``OperationalError``, and its connection."""
    set_wait_callback(_wait)


def _wait(waiting: connection) -> None:
    while (wanted := waiting.poll()) != POLL_OK:
        seconds = RESPONSE_SECONDS if waiting.info.status == _CONNECTED else CONNECT_SECONDS
        line = poll()
        line.register(waiting.fileno(), POLLIN if wanted == POLL_READ else POLLOUT)
        if not line.poll(1000 * seconds):
            raise psycopg2.OperationalError(f"the server has been silent for {seconds} s")

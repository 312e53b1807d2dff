"""A barrier in the database: statements of a service wait at a lock, then continue at the same moment."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import psycopg2
from psycopg2.extensions import cursor as Cursor  # noqa: N812  # a class

Result = TypeVar("Result")

_WAITING = """
SELECT count(*) FROM pg_stat_activity, pg_sleep(0.01)
WHERE wait_event_type = 'Lock' AND datname = current_database() AND usename = current_user
"""


def released_together(url: str, table: str, calls: Sequence[Callable[[], Result]]) -> list[Result]:
    """Run each call in its own thread, hold all before they change ``table``, and return their results.

    ``url`` is the database URL of the service's role. The lock is released once every call waits for it;
    fails if they do not within the service's lock timeout.
    """
    with ThreadPoolExecutor(len(calls)) as pool:
        with psycopg2.connect(url) as connection, connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
            results = [pool.submit(call) for call in calls]
            waiting, deadline = 0, time.monotonic() + 1.5
            while waiting < len(calls) and time.monotonic() < deadline:
                waiting = waiters(cursor)
        connection.close()
        assert waiting == len(calls), f"{waiting} of {len(calls)} gathered before {table}"
        return [result.result() for result in results]


def waiters(cursor: Cursor) -> int:
    """Return how many statements of the connected role wait for a lock."""
    # pg_stat_activity is cached within a transaction: refresh it.
    cursor.execute("SELECT pg_stat_clear_snapshot()")
    cursor.execute(_WAITING)
    (waiting,) = cursor.fetchone() or (0,)
    return int(waiting)

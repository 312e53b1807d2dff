"""A gate in the database: statements of a service pile up before it, then all go on at one moment."""

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
    """Return what the calls return, each made from a thread of its own, all held up before they change ``table``.

    ``url`` is the database's address for the service's role. The gate opens when as many wait as there are calls;
    fails when they do not gather within the service's lock timeout.
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
    """Return how many statements of the role that asks wait for a lock."""
    # A new statement sees new activity only in a new look at the statistics.
    cursor.execute("SELECT pg_stat_clear_snapshot()")
    cursor.execute(_WAITING)
    (waiting,) = cursor.fetchone() or (0,)
    return int(waiting)

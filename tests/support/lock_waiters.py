"""Locks held in the database, and the calls that wait for them."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, text

from tests.support.waiting import wait_until

SERIES_LOCKS = 4096
"""The number of advisory locks that all series share: see ``catalog.store.ordering``."""


@contextmanager
def holding(owner: Engine, statement: str, **values: Any) -> Iterator[Connection]:
    """Yield an open transaction that has run ``statement`` and commits when the block ends."""
    with owner.connect() as db, db.begin():
        db.execute(text(statement), values)
        yield db


@contextmanager
def holding_series(owner: Engine, *series: int) -> Iterator[Connection]:
    """Yield an open transaction that locks ``series`` as the catalogue's writers do."""
    keys = sorted({one % SERIES_LOCKS for one in series})
    taken = "SELECT pg_advisory_xact_lock(1, key) FROM unnest(CAST(:keys AS int[])) AS key"
    with holding(owner, taken, keys=keys) as db:
        yield db


@contextmanager
def waiters(owner: Engine) -> Iterator[Callable[[Callable[[], int]], "Future[int]"]]:
    """Yield a function that starts calls one by one, each when the one before waits for a lock or is done.

    A call returns the status of its answer. After a 503 it is repeated: slow calls reach the lock timeout.
    """
    started: list[Future[int]] = []
    watching = owner.connect().execution_options(isolation_level="AUTOCOMMIT")

    def waiting() -> int:
        return int(watching.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar_one())

    def start(call: Callable[[], int]) -> "Future[int]":
        started.append(pool.submit(_until_done, call))
        wait_until(lambda: started[-1].done() or waiting() >= sum(not one.done() for one in started))
        return started[-1]

    with ThreadPoolExecutor() as pool, watching:
        yield start


def _until_done(call: Callable[[], int]) -> int:
    while (status := call()) == 503:
        pass
    return status

"""Locks in the database that somebody holds, and those who wait for them."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, text

from tests.support.waiting import wait_until

SERIES_LOCKS = 4096
"""How many advisory locks all series share: see ``catalog.store.ordering``."""


@contextmanager
def holding(owner: Engine, statement: str, **values: Any) -> Iterator[Connection]:
    """Give an open transaction of somebody who has run ``statement`` and does not commit until the block ends."""
    with owner.connect() as db, db.begin():
        db.execute(text(statement), values)
        yield db


@contextmanager
def holding_series(owner: Engine, *series: int) -> Iterator[Connection]:
    """Give an open transaction of somebody who holds ``series`` as the catalogue's own writers do."""
    keys = sorted({one % SERIES_LOCKS for one in series})
    taken = "SELECT pg_advisory_xact_lock(1, key) FROM unnest(CAST(:keys AS int[])) AS key"
    with holding(owner, taken, keys=keys) as db:
        yield db


@contextmanager
def waiters(owner: Engine) -> Iterator[Callable[[Callable[[], int]], "Future[int]"]]:
    """Give a way to start calls so that each waits for a lock, behind those started before, or is done.

    A call returns the status it was answered with. It is made again after a 503: what is slow gives up waiting.
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

"""Sends batches to a running system from several processes and adds up the outcomes."""

import multiprocessing
import secrets
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any

import psycopg2

from deploy.stack.stack import Stack
from tests.load.fuzzing.api.asking import CASES, VARIED, Asker
from tests.load.fuzzing.api.outcome import Outcome
from tests.support.catalogue import Catalogue
from tests.support.client import Client

_askers: dict[str, Asker] = {}
"""Gateway -> the client of this process."""


def feed(
    stack: Stack,
    batches: Iterable[int],
    *,
    seed: int = 0,
    cases: int = CASES,
    varied: int = VARIED,
    processes: int = 2,
    each: Callable[[Outcome], Any] = lambda _: None,
) -> Outcome:
    """Send ``batches``; ``each`` is called with the outcome of each."""
    total = Outcome()
    work = partial(_ask, stack.address, stack.admin_database_url, seed, cases, varied)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        for outcome in pool.map(work, batches):
            total = total + outcome
            each(outcome)
    return total


def furnish(stack: Stack) -> None:
    """Create entries with the ids that requests use."""
    client = administrator(stack.address, stack.admin_database_url)
    catalogue = Catalogue(client)
    for _ in range(3):
        group = catalogue.group(catalogue.series())
        for _ in range(3):
            volume = catalogue.volume(group)
        client.post(f"/user/collection/add/{volume}", client=catalogue.client)
    # Later accounts get ids that requests do not use: a request could rename one before its sign-in.
    _execute(stack.admin_database_url, "SELECT setval(pg_get_serial_sequence('users.users', 'id'), 1000)")


def administrator(gateway: str, database_url: str) -> Client:
    """Return a new client with every permission; an old one may have been logged out by a request."""
    client = Client(gateway, address=f"203.0.113.{secrets.randbelow(250)}")
    client.register(f"asker-{secrets.token_hex(8)}")
    _execute(
        database_url,
        "INSERT INTO users.user_roles (user_id, role_id) SELECT %s, id FROM users.roles WHERE name = 'Admin'",
        client.user["id"],
    )
    return client


def _execute(database_url: str, statement: str, *values: Any) -> None:
    connection = psycopg2.connect(database_url)
    with connection, connection.cursor() as cursor:
        cursor.execute(statement, values)
    connection.close()


def _ask(gateway: str, database_url: str, seed: int, cases: int, varied: int, batch: int) -> Outcome:
    asker = _askers.get(gateway)
    if asker is None or not asker.is_signed_in():
        client = administrator(gateway, database_url)
        asker = _askers[gateway] = Asker(gateway, client.session)
    return asker.ask(batch, seed=seed, cases=cases, varied=varied)

"""A system started for the search, and the search on it."""

import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import requests

from deploy.stack.stack import Stack
from tests.load.fuzzing.api.running import administrator, furnish
from tests.load.fuzzing.slow.cost import Meter
from tests.load.fuzzing.slow.routes import Route, routes
from tests.load.fuzzing.slow.search import PROVEN, Search
from tests.load.fuzzing.slow.trial import PATIENCE, Cost, Session, Trial
from tests.support.client import Client

_OTHERS = {
    "catalog": "/volumes/slug/a",
    "media": "/media",
    "users": "/auth/me",
    "file-1": "/user/avatar/1/low",
    "postgres": "/volumes/slug/a",
    "gateway": "/status",
}
"""Program -> the path that other clients request meanwhile."""


@contextmanager
def system(*, patience: float = PATIENCE) -> Iterator[tuple[list[Route], Trial]]:
    """Start a filled system without background work; yield its routes and a trial."""
    with tempfile.TemporaryDirectory(prefix="bunko-slow-") as folder:
        quiet = {"STATUS_SECONDS": "3600", "SWEEP_SECONDS": "3600", "RATE_LIMITS": "off"}
        with Stack({"STATE_DIR": folder, "GATEWAY_PORT": "0"} | quiet) as stack:
            furnish(stack)
            yield routes(document(stack)), trial(stack, patience=patience)


def document(stack: Stack) -> Any:
    """Return the OpenAPI document of a running system."""
    return requests.get(f"{stack.address}/openapi.json", timeout=30).json()


def trial(stack: Stack, *, patience: float = PATIENCE) -> Trial:
    """Return a trial of a running system."""

    def sign_in(role: str) -> Session:
        if role == "administrator":
            client = administrator(stack.address, stack.admin_database_url)
        else:
            client = Client(stack.address).register(f"slow-{secrets.token_hex(8)}")
        return Session(client.user["id"], client.session.cookies["refreshToken"])

    pids = {name: pid for name, pid in stack.pids.items() if pid is not None}
    return Trial(stack.address, Meter(pids), sign_in, patience=patience)


def look(search: Search, trial: Trial, *, until: Callable[[], bool], each: Callable[[Cost], Any]) -> None:
    """Search; an attempt over the limit is measured again before it counts."""
    while not until():
        cost = trial.measure(search.next())
        if 1 < cost.score < PROVEN:
            cost = trial.confirm(cost)
        search.note(cost)
        each(cost)


def waits(search: Search, trial: Trial) -> dict[str, float]:
    """Return route -> the longest wait of other clients during its costliest attempts."""
    found: dict[str, float] = {}
    for (name, _), costs in search.costliest.items():
        if costs:
            wait = trial.wait(costs[0].attempt, _OTHERS[costs[0].program])
            found[name] = max(found.get(name, 0.0), wait)
    return found


def minutes(number: float) -> Callable[[], bool]:
    """Return whether so many minutes have passed."""
    deadline = time.monotonic() + 60 * number
    return lambda: time.monotonic() > deadline

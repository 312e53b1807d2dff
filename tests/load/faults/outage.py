"""The database is unavailable in three ways: ``python -m tests.load.faults.outage [--seconds 60]``.

Every failure has an allowed status, no session ends, programs report that they are alive and not ready, and everything
works as soon as the database is back.
"""

import argparse
import itertools
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tests.load.faults.installation import NODE_SECONDS, SERVICES, Installation, installation
from tests.load.faults.proxy import Fault
from tests.load.faults.soak.writers import Asking
from tests.load.faults.standstill import database_standing_still
from tests.support.accounts import ADMIN_PASSWORD
from tests.support.catalogue import Catalogue
from tests.support.client import Client

DEADLINE = NODE_SECONDS + 5.0
"""Seconds within which a failure must be answered."""
BACK_SECONDS = 1.0
"""Seconds within which everything works once the database is back."""
_CLIENTS = 8
_NOTICED_SECONDS = 5.0
"""Seconds after which a program without its database may no longer report ready."""
_HEALTHY_SECONDS = 60.0
_PATIENCE = 20.0
"""Seconds within which a health page must be answered, even on a busy machine."""
_POLL = 0.02


@dataclass
class Findings:
    """The outcome; ``wrong`` is empty if everything held."""

    answers: dict[str, Counter[str]] = field(default_factory=dict)
    """By the way in which the database was unavailable."""
    slowest: float = 0.0
    back: dict[str, float] = field(default_factory=dict)
    """Seconds until everything worked again."""
    wrong: list[str] = field(default_factory=list)

    def table(self) -> str:
        """Return the outcome as text."""
        lines = [
            f"{way}: {', '.join(f'{count} x {kind}' for kind, count in sorted(answers.items()))}; "
            f"all was well {self.back[way]:.2f} s after it was back"
            for way, answers in self.answers.items()
        ]
        told = f"slowest failure told after {self.slowest:.1f} s; {len(self.wrong)} things went wrong"
        return "\n".join([*lines, told, *self.wrong[:20]])


def trial(place: Installation, seconds: float, *, deadline: float = DEADLINE) -> Findings:
    """Make the database unavailable for so many seconds, in each way in turn."""
    findings = Findings()
    admin = Client(place.gateways[0]).sign_in("admin", ADMIN_PASSWORD)
    cookie, asked = admin.session.cookies["refreshToken"], _requests(admin)
    for way, away in _ways(place).items():
        gateways = itertools.islice(itertools.cycle(place.gateways), _CLIENTS)
        clients = [Asking(gateway, cookie, deadline) for gateway in gateways]
        with _flowing(clients, asked):
            with away():
                findings.wrong += _watched(place, seconds)
            findings.back[way] = _seconds_to_health(place)
        findings.wrong += [f"{way}: {wrong}" for asking in clients for wrong in asking.journal.wrong]
        findings.wrong += [f"{way}: a connection broke" for asking in clients for _ in asking.journal.broken]
        findings.answers[way] = sum((asking.journal.outcomes for asking in clients), Counter[str]())
        findings.slowest = max(findings.slowest, *(asking.journal.slowest_failure for asking in clients))
        findings.wrong += [
            f"{way}: somebody was logged out"
            for gateway in place.gateways
            if not Asking(gateway, cookie, deadline).ask("GET", "/auth/me")
        ]
    return findings


def _requests(admin: Client) -> Sequence[tuple[str, str, Any]]:
    """Return method, path and body of requests to every service that need the database and are safe to repeat."""
    catalogue = Catalogue(admin)
    series = catalogue.series()
    group = catalogue.group(series)
    volume = catalogue.volume(group)
    admin.post(f"/user/series-rating/add/{series}", rating=5)
    return [
        ("GET", "/auth/me", None),
        ("GET", f"/admin-series?client={catalogue.client}&limit=5", None),
        ("POST", "/auth/login", {"username": "admin", "password": ADMIN_PASSWORD}),
        ("GET", "/media?limit=5", None),
        ("POST", f"/user/series-rating/update/{series}", {"rating": 7}),
        ("GET", "/user/sessions", None),
        ("POST", f"/admin-volumes/edit-volume/{volume}", {"pages": 7}),
        ("GET", "/user/reading-history?limit=5", None),
    ]


def _ways(place: Installation) -> Mapping[str, Callable[[], AbstractContextManager[None]]]:
    @contextmanager
    def cut_off() -> Iterator[None]:
        for line in place.databases.values():
            line.cut()
        yield from _mending()

    @contextmanager
    def silent() -> Iterator[None]:
        for line in place.databases.values():
            line.fault = Fault(silent=True)
        yield from _mending()

    def _mending() -> Iterator[None]:
        try:
            yield
        finally:
            for line in place.databases.values():
                line.mend()

    return {
        "cut off": cut_off,
        "silent": silent,
        "standing still": lambda: database_standing_still(place.stack),
    }


@contextmanager
def _flowing(clients: Sequence[Asking], asked: Sequence[tuple[str, str, Any]]) -> Iterator[None]:
    over = threading.Event()

    def ask(asking: Asking, first: int) -> None:
        for method, path, body in itertools.islice(itertools.cycle(asked), first, None):
            if over.wait(0.05):
                break
            asking.ask(method, path, body)
        asking.close()

    threads = [
        threading.Thread(target=ask, args=(asking, first), daemon=True)
        for first, asking in enumerate(clients)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _watched(place: Installation, seconds: float) -> list[str]:
    """Poll the health pages of every program; return the wrong answers."""
    wrong, began = [], time.monotonic()
    ready = [f"{url}/health/ready" for url in (*place.gateways, *map(place.stack.service_url, SERVICES))]
    # Of a service, the liveness page, which waits for nothing.
    alive = [f"{url}/health/live" for url in place.gateways] + [*map(place.stack.metrics_url, SERVICES)]
    with ThreadPoolExecutor(len(ready) + len(alive)) as pool:
        while time.monotonic() - began < seconds:
            time.sleep(1)
            noticed = time.monotonic() - began > _NOTICED_SECONDS
            well = dict(zip((*alive, *ready), pool.map(_is_well, (*alive, *ready)), strict=True))
            wrong += [f"{url} gave no sign of life" for url in alive if not well[url]]
            wrong += [f"{url} called itself ready" for url in ready if noticed and well[url]]
    return wrong


def _is_well(url: str) -> bool:
    try:
        return requests.get(url, headers={"Connection": "close"}, timeout=_PATIENCE).ok
    except requests.RequestException:
        return False


def _seconds_to_health(place: Installation) -> float:
    began = time.monotonic()
    while unready := place.unready():
        assert time.monotonic() - began < _HEALTHY_SECONDS, unready
        time.sleep(_POLL)
    return time.monotonic() - began


def main() -> None:
    """Run; exit 1 if anything went wrong or recovered too slowly."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.faults.outage")
    parser.add_argument(
        "--seconds", type=float, default=60.0, help="how long the database is away, each time"
    )
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bunko-outage-") as folder, installation(Path(folder)) as place:
        findings = trial(place, chosen.seconds)
    print(findings.table())
    sys.exit(1 if findings.wrong or max(findings.back.values()) > BACK_SECONDS else 0)


if __name__ == "__main__":
    main()

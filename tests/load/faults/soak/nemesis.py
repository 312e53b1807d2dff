"""Faults of programs, connections, clocks, database and disk, one after the other."""

import itertools
import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial

import psycopg2

from deploy.postgresql.database import NAME as POSTGRES
from tests.load.faults.clocks import Clock
from tests.load.faults.filling import filled
from tests.load.faults.installation import NODES, SERVICES, Installation
from tests.load.faults.proxy import Fault, Proxy
from tests.load.faults.standstill import database_standing_still, standing_still

_HEALTHY_SECONDS = 60.0
_POLL = 0.02
PROGRAMS = (*SERVICES, *NODES, "gateway")


@dataclass(frozen=True)
class Trouble:
    """One kind of fault."""

    name: str
    begin: Callable[[], AbstractContextManager[None]]
    """Injects the fault during a ``with`` block."""
    lasts: bool = True
    """True if the fault lasts, False if it is over at once."""
    stalls: str | None = None
    """The service that it stalls; the latency of the others is compared with their usual one."""


@dataclass
class Record:
    """The injected faults, and the time to recover from each."""

    done: list[str] = field(default_factory=list)
    recoveries: dict[str, list[float]] = field(default_factory=dict)
    """Kind of fault -> seconds from its end (after a database restart: from its readiness) to health."""
    stalled: list[tuple[str, float, float]] = field(default_factory=list)
    """The stalled service with start and end."""
    unhealthy: list[str] = field(default_factory=list)
    gateway_kills: list[float] = field(default_factory=list)


class Nemesis:
    """Injects its faults in turn, so that no program is killed twice within half a minute."""

    def __init__(self, place: Installation, *, longest: float, seed: int = 0) -> None:
        self.record = Record()
        self.troubles = _troubles(place)
        self._place = place
        self._longest = longest
        self._random = random.Random(seed)

    def strike(self, trouble: Trouble) -> None:
        """Inject one fault, and wait until every program is healthy again."""
        began = time.monotonic()
        if trouble.name.startswith("kill ") and trouble.name.endswith("gateway"):
            self.record.gateway_kills.append(began)
        with trouble.begin():
            if trouble.lasts:
                time.sleep(self._random.uniform(1, self._longest))
        over = time.monotonic()
        if trouble.stalls:
            self.record.stalled.append((trouble.stalls, began, over))
        self.record.done.append(trouble.name)
        if trouble.name.startswith(f"kill {POSTGRES}"):
            _wait_for_database(self._place)
            over = time.monotonic()
        self._wait_for_health(trouble, over)

    def _wait_for_health(self, trouble: Trouble, since: float) -> None:
        while unready := self._place.unready():
            if time.monotonic() - since > _HEALTHY_SECONDS:
                self.record.unhealthy.append(
                    f"{trouble.name}: {unready} are not healthy after {_HEALTHY_SECONDS:.0f} s"
                )
                return
            time.sleep(_POLL)
        self.record.recoveries.setdefault(trouble.name, []).append(time.monotonic() - since)


def _wait_for_database(place: Installation) -> None:
    deadline = time.monotonic() + _HEALTHY_SECONDS
    while time.monotonic() < deadline:
        try:
            psycopg2.connect(place.stack.admin_database_url, connect_timeout=1).close()
            return
        except psycopg2.OperationalError:
            time.sleep(_POLL)


def _troubles(place: Installation) -> Sequence[Trouble]:
    return [
        *(
            Trouble(f"kill a worker of {name}", partial(_kill_worker, place, name), False)
            for name in PROGRAMS
        ),
        *(_lines(place, name, "the line to", line) for name, line in place.lines.items()),
        *(Trouble(f"stop {name}", partial(_stopped, place, name), stalls=name) for name in SERVICES),
        *(Trouble(f"stop {name}", partial(_stopped, place, name)) for name in NODES),
        *(Trouble(f"kill {name}", partial(_kill, place, name), False) for name in PROGRAMS),
        *(_lines(place, name, "the database of", line) for name, line in place.databases.items()),
        *(_steps(name, clock, first) for first, (name, clock) in enumerate(place.clocks.items())),
        *(Trouble(f"kill all of {name}", partial(_kill_all, place, name), False) for name in PROGRAMS),
        Trouble(f"kill {POSTGRES}", partial(_kill, place, POSTGRES), False),
        Trouble("stop the database", partial(database_standing_still, place.stack)),
        *([Trouble("full disk", partial(_full, place))] if place.disk else []),
    ]


_FAULTS = (
    Fault(latency=0.05),
    Fault(reset="request", times=3),
    Fault(reset="request", after=200, times=3),
    Fault(reset="answer", times=3),
    Fault(reset="answer", after=100, times=3),
    Fault(silent=True),
    Fault(drip=0.02),
    None,
)
"""The fault of a connection; None cuts it."""


def _lines(place: Installation, name: str, what: str, line: Proxy) -> Trouble:
    """Return the fault of one connection, another each time."""
    turn = iter(range(10**6))
    start = [*place.lines, *place.databases].index(name)

    @contextmanager
    def bad() -> Iterator[None]:
        fault = _FAULTS[(start + 3 * next(turn)) % len(_FAULTS)]
        if fault is None:
            line.cut()
        else:
            line.fault = fault
        try:
            yield
        finally:
            line.mend()

    return Trouble(f"{what} {name}", bad)


_STEPS = (60, -60, 3, -3, 600, -600)
"""Seconds by which a clock is wrong."""


def _steps(name: str, clock: Clock, first: int) -> Trouble:
    """Return the fault of one clock, another each time."""
    turn = itertools.islice(itertools.cycle(_STEPS), first, None)

    @contextmanager
    def wrong() -> Iterator[None]:
        clock.step(next(turn))
        try:
            yield
        finally:
            clock.step(0)

    return Trouble(f"step the clock of {name}", wrong)


@contextmanager
def _kill_worker(place: Installation, name: str) -> Iterator[None]:
    for worker in place.workers(name):
        os.kill(worker, signal.SIGKILL)
    yield


@contextmanager
def _kill(place: Installation, name: str) -> Iterator[None]:
    pid = place.stack.pids[name]
    assert pid is not None
    # For PostgreSQL this is an immediate shutdown: it ends with all its children, as in a crash.
    os.kill(pid, signal.SIGQUIT if name == POSTGRES else signal.SIGKILL)
    _wait_for_end(place, name, pid)
    yield


@contextmanager
def _kill_all(place: Installation, name: str) -> Iterator[None]:
    """Kill master and workers at once, as the kernel does when a container is out of memory."""
    pid = place.stack.pids[name]
    assert pid is not None
    os.killpg(pid, signal.SIGKILL)
    _wait_for_end(place, name, pid)
    yield


def _wait_for_end(place: Installation, name: str, pid: int) -> None:
    while place.stack.pids[name] == pid:
        time.sleep(_POLL)


@contextmanager
def _stopped(place: Installation, name: str) -> Iterator[None]:
    with standing_still(place.workers(name)):
        yield


@contextmanager
def _full(place: Installation) -> Iterator[None]:
    assert place.disk is not None
    with filled(place.disk):
        yield

"""The whole catalogue in one answer: time to its first byte, and the service's memory."""

import http.client
import threading
import time
from dataclasses import dataclass
from statistics import median
from urllib.parse import urlsplit

from tests.load.bench import processes
from tests.load.bench.arena import Arena
from tests.load.bench.bunko import Bunko
from tests.load.bench.goals import at_most
from tests.load.bench.outcome import Outcome, Table
from tests.load.bench.sizes import LARGE, SMALL, Size

_PIECE = 1 << 16
_MARK = b'"series_order"'
"""Text that occurs in each group once."""
_WATCH = 0.1


@dataclass(frozen=True, slots=True)
class Streamed:
    """One complete answer."""

    first_byte: float
    """Milliseconds to the first byte."""
    seconds: float
    mebibytes: float
    growth: float
    """Peak growth of gateway and catalog service in MiB."""


def run(arena: Arena) -> Outcome:
    """Read the answer to its end a few times."""
    outcome = Outcome()
    rows = []
    for size in arena.effort.sizes:
        bunko = arena.bunko(size)
        answers = [_read(bunko) for _ in range(arena.effort.rounds)]
        first = [answer.first_byte for answer in answers]
        growth = max(answer.growth for answer in answers)
        outcome.figures += [
            at_most("the unlimited list, first byte", size, first, {SMALL: 100, LARGE: 100}, "ms"),
            at_most("the unlimited list, growth of memory", size, [growth], {SMALL: 64, LARGE: 64}, "MiB"),
        ]
        whole = answers[-1]
        rows.append(
            [
                size.name,
                f"{median(first):.0f}",
                f"{growth:.1f}",
                f"{whole.mebibytes:.0f}",
                f"{whole.seconds:.1f}",
            ]
        )
    head = ["volumes", "first byte ms", "growth MiB", "answer MiB", "seconds"]
    outcome.tables = [Table("GET /admin-volumes without a limit", head, rows)]
    return outcome


def _read(bunko: Bunko) -> Streamed:
    place = urlsplit(bunko.address)
    watch = _Watch(bunko.pids("gateway", "catalog"))
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=120)
    began = time.perf_counter()
    connection.request("GET", "/admin-volumes?client=1", headers={"Cookie": bunko.cookie()})
    answer = connection.getresponse()
    piece = answer.read(1)
    first_byte = (time.perf_counter() - began) * 1000
    size = groups = 0
    tail = b""
    while piece:
        groups += (tail + piece).count(_MARK)
        tail = (tail + piece)[-len(_MARK) + 1 :]
        size += len(piece)
        piece = answer.read1(_PIECE)
    seconds = time.perf_counter() - began
    connection.close()
    _check_whole(bunko.size, groups, tail)
    return Streamed(first_byte, seconds, size / 2**20, watch.growth())


def _check_whole(size: Size, groups: int, tail: bytes) -> None:
    if groups != size.groups or not tail.endswith(b"}"):
        raise AssertionError(f"The list broke off after {groups} of {size.groups} groups: {tail!r}")


class _Watch:
    """The memory of programs, sampled repeatedly."""

    def __init__(self, pids: list[int]) -> None:
        self._pids = pids
        self._before = self._most = processes.pss_mib(pids)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def _look(self) -> None:
        while not self._over.wait(_WATCH):
            self._most = max(self._most, processes.pss_mib(self._pids))

    def growth(self) -> float:
        """Stop sampling, and return by how many MiB it grew."""
        self._over.set()
        self._thread.join()
        return self._most - self._before

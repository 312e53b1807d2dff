"""Counting what a program does, in memory that all its workers share.

Each worker has a lane of numbers that it alone changes. Who follows on a dead worker goes on in its lane: nothing that
was counted is lost, nothing grows with the deaths, and nothing is left behind when the program ends. Where a number
stands in a lane follows from the order in which families and their members are made. All are made while a worker
loads, and none after ``freeze``: so the workers of a program agree, and no request can add to what is exposed.

``prometheus_client`` puts the numbers into Prometheus's words (``exposition``) but does not keep them: for several
processes it keeps a file for each, which stays when the process has gone, and a step costs three to five times the
CPU there: docs/monitoring.md has the figures, and how they were measured.
"""

import os
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from mmap import mmap
from threading import Lock
from typing import Any, Generic, TypeVar

WORKER_SLOTS = 64
"""Workers that are counted apart; more than that share, and may lose a step when two of them take it at once."""
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds, for all histograms: from a look into a pooled table to the longest that anybody waits."""

_WORKER, _USED, _FIRST_LEVEL = 0, 1, 2
_FIRST_COUNT = 256
_NUMBERS = 16 * 1024
"""In a lane: who counts there, whether anybody ever did, levels, and counts. What is never written takes no memory."""


class _SharedMemory:
    """The lanes; forked processes see the same, and it goes with the last of them."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.next = {_FIRST_LEVEL: _FIRST_LEVEL, _FIRST_COUNT: _FIRST_COUNT}
        self.frozen = False
        self.renew()

    def renew(self) -> None:
        numbers = memoryview(mmap(-1, WORKER_SLOTS * _NUMBERS * 8)).cast("d")
        self.slots = [numbers[first : first + _NUMBERS] for first in range(0, len(numbers), _NUMBERS)]
        self.own = self.slots[0]

    def reserve(self, first: int, size: int) -> int:
        """Return where ``size`` numbers of a kind stand in every lane."""
        if self.frozen:
            raise RuntimeError("what is counted is declared before the first request")
        place = self.next[first]
        self.next[first] += size
        if self.next[first] > (_FIRST_COUNT if first == _FIRST_LEVEL else _NUMBERS):
            raise RuntimeError("there is no room for more figures: enlarge a lane")
        return place

    def used(self) -> "list[memoryview[float]]":
        """Return the lanes in which anybody ever counted, or this process does."""
        return [lane for lane in self.slots if lane[_USED] or lane is self.own]

    def alive(self) -> "list[memoryview[float]]":
        """Return the lanes of workers that run, and this process's."""
        return [lane for lane in self.slots if lane[_WORKER] or lane is self.own]


_memory = _SharedMemory()


class Counter:
    """Something that has happened so many times, or for so many seconds, since the program began."""

    __slots__ = ("_index",)

    def __init__(self) -> None:
        self._index = _memory.reserve(_FIRST_COUNT, 1)

    def inc(self, amount: float = 1.0) -> None:
        """Add to it."""
        with _memory.lock:
            _memory.own[self._index] += amount

    @property
    def value(self) -> float:
        """What all workers have counted."""
        return sum(lane[self._index] for lane in _memory.used())


class Gauge:
    """Something of which there is so much now, ``combined`` over the running workers."""

    __slots__ = ("_combined", "_index")

    def __init__(self, combined: Callable[[Iterable[float]], float] = sum) -> None:
        self._index = _memory.reserve(_FIRST_LEVEL, 1)
        self._combined = combined

    def set(self, value: float) -> None:
        """Say how much there is."""
        _memory.own[self._index] = value

    def change(self, by: float) -> None:
        """Say how much more there is, or less."""
        with _memory.lock:
            _memory.own[self._index] += by

    @property
    def value(self) -> float:
        """What there is in all workers."""
        return self._combined(lane[self._index] for lane in _memory.alive())


class Histogram:
    """How many seconds something took, by ``BUCKETS``."""

    __slots__ = ("_index",)

    def __init__(self) -> None:
        self._index = _memory.reserve(_FIRST_COUNT, len(BUCKETS) + 2)

    def observe(self, seconds: float) -> None:
        """Note that it took so long."""
        bucket = self._index + 1 + bisect_left(BUCKETS, seconds)
        with _memory.lock:
            _memory.own[self._index] += seconds
            _memory.own[bucket] += 1.0

    @contextmanager
    def time(self) -> Iterator[None]:
        """Note how long the ``with`` block takes, however it ends."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.observe(time.perf_counter() - began)

    @property
    def total(self) -> float:
        """How long it took altogether."""
        return sum(lane[self._index] for lane in _memory.used())

    @property
    def counts(self) -> Sequence[float]:
        """How often it took no longer than each of ``BUCKETS``, and how often at all."""
        first, beyond = self._index + 1, self._index + 2 + len(BUCKETS)
        lanes = [lane[first:beyond] for lane in _memory.used()]
        return list(accumulate(map(sum, zip(*lanes, strict=True))))


Member = TypeVar("Member", Counter, Gauge, Histogram)


class Family(Generic[Member]):
    """What is exposed under one ``name``: a member for each set of values of its ``labels``."""

    def __init__(self, make: Callable[[], Member], name: str, meaning: str, *labels: str) -> None:
        self.name = name
        self.meaning = meaning
        self.labels = labels
        self.members: dict[tuple[str, ...], Member] = {}
        self._make: Callable[[], Member] = make
        families.append(self)

    def of(self, *values: str) -> Member:
        """Return the member with these values of the labels, which is made if need be, though not after ``freeze``."""
        assert len(values) == len(self.labels), (self.name, values)
        member = self.members.get(values)
        if member is None:
            member = self.members[values] = self._make()
        return member


families: list[Family[Any]] = []
"""All that is counted, in the order in which it was declared."""


def counter(name: str, meaning: str, *labels: str) -> Family[Counter]:
    """Declare something to be counted; its name is exposed with ``_total`` behind it."""
    return Family(Counter, name, meaning, *labels)


def gauge(name: str, meaning: str, *labels: str) -> Family[Gauge]:
    """Declare something of which the workers together have more or less."""
    return Family(Gauge, name, meaning, *labels)


def shared_gauge(name: str, meaning: str, *labels: str) -> Family[Gauge]:
    """Declare something that all workers have before their eyes: the most that one of them sees is exposed."""
    return Family(lambda: Gauge(max), name, meaning, *labels)


def histogram(name: str, meaning: str, *labels: str) -> Family[Histogram]:
    """Declare something that takes time."""
    return Family(Histogram, name, meaning, *labels)


def freeze() -> None:
    """Let nothing more be declared: from now on requests are answered."""
    _memory.frozen = True


def free_slot(taken: Iterable[int]) -> int:
    """Return a lane for a new worker: the first that is not among the ``taken`` ones."""
    return min(set(range(WORKER_SLOTS)).difference(taken), default=0)


def take_slot(slot: int) -> None:
    """Count in this lane from now on, in this process: go on with its counts, and begin with its levels."""
    _memory.own = _memory.slots[slot]
    for place in range(_FIRST_LEVEL, _FIRST_COUNT):
        _memory.own[place] = 0.0
    _memory.own[_WORKER] = os.getpid()
    _memory.own[_USED] = 1.0


def leave_slot(slot: int) -> None:
    """Note that the worker of a lane has gone: there is nothing any more of what it had."""
    _memory.slots[slot][_WORKER] = 0.0


def reset() -> None:
    """Give the workers that start from now on other memory: their code may be other code, and count other things."""
    _memory.renew()

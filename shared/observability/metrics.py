"""Counters, gauges and histograms in memory that all workers of a program share.

Each worker has a slot, an array of numbers that only this worker changes. The successor of a dead worker continues in
its slot: no count is lost, the memory does not grow with the number of restarts, and no file remains when the program
ends. The index of a number in a slot follows from the order in which metrics are declared. All are declared while a
worker loads, none after ``freeze``. So the indexes agree in all workers, and requests cannot add metrics.

``prometheus_client`` formats the numbers (``metrics_endpoint``) but does not store them. For several processes it would
keep one file for each, which remains after the process has ended, and an increment would take three to five times the
CPU. docs/monitoring.md has the figures and how they were measured.
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
"""Number of slots. Further workers share the first one and may lose an increment when two write at the same time."""
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of all histograms, in seconds: from an indexed lookup to the longest request timeout."""

_WORKER, _USED, _FIRST_LEVEL = 0, 1, 2
_FIRST_COUNT = 256
_NUMBERS = 16 * 1024
"""Layout of a slot: worker's process id, whether it was ever used, gauges, counts. Untouched pages take no memory."""


class _SharedMemory:
    """The slots, in anonymous memory that forked processes share. It is freed when the last of them ends."""

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
        """Reserve ``size`` numbers in every slot, from the area that begins at ``first``; return their index."""
        if self.frozen:
            raise RuntimeError("metrics must be declared before the first request")
        index = self.next[first]
        self.next[first] += size
        if self.next[first] > (_FIRST_COUNT if first == _FIRST_LEVEL else _NUMBERS):
            raise RuntimeError("the slot is full: enlarge _FIRST_COUNT or _NUMBERS")
        return index

    def used(self) -> "list[memoryview[float]]":
        """Return the slots that any worker has ever used, and this process's."""
        return [slot for slot in self.slots if slot[_USED] or slot is self.own]

    def alive(self) -> "list[memoryview[float]]":
        """Return the slots of running workers, and this process's."""
        return [slot for slot in self.slots if slot[_WORKER] or slot is self.own]


_memory = _SharedMemory()


class Counter:
    """A number that only grows: events, or seconds, since the program started."""

    __slots__ = ("_index",)

    def __init__(self) -> None:
        self._index = _memory.reserve(_FIRST_COUNT, 1)

    def inc(self, amount: float = 1.0) -> None:
        """Add ``amount``."""
        with _memory.lock:
            _memory.own[self._index] += amount

    @property
    def value(self) -> float:
        """The sum over all workers, ended ones included."""
        return sum(slot[self._index] for slot in _memory.used())


class Gauge:
    """A current value, ``combined`` over the running workers."""

    __slots__ = ("_combined", "_index")

    def __init__(self, combined: Callable[[Iterable[float]], float] = sum) -> None:
        self._index = _memory.reserve(_FIRST_LEVEL, 1)
        self._combined = combined

    def set(self, value: float) -> None:
        """Set this worker's value."""
        _memory.own[self._index] = value

    def change(self, by: float) -> None:
        """Add ``by``, which may be negative, to this worker's value."""
        with _memory.lock:
            _memory.own[self._index] += by

    @property
    def value(self) -> float:
        """The combined value of the running workers."""
        return self._combined(slot[self._index] for slot in _memory.alive())


class Histogram:
    """A distribution of durations over ``BUCKETS``."""

    __slots__ = ("_index",)

    def __init__(self) -> None:
        self._index = _memory.reserve(_FIRST_COUNT, len(BUCKETS) + 2)

    def observe(self, seconds: float) -> None:
        """Record one duration."""
        bucket = self._index + 1 + bisect_left(BUCKETS, seconds)
        with _memory.lock:
            _memory.own[self._index] += seconds
            _memory.own[bucket] += 1.0

    @contextmanager
    def time(self) -> Iterator[None]:
        """Record the duration of the ``with`` block, also if it raises."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.observe(time.perf_counter() - began)

    @property
    def total(self) -> float:
        """The sum of all durations, in seconds."""
        return sum(slot[self._index] for slot in _memory.used())

    @property
    def counts(self) -> Sequence[float]:
        """Cumulative counts: durations up to each of ``BUCKETS``, then all."""
        first, beyond = self._index + 1, self._index + 2 + len(BUCKETS)
        slots = [slot[first:beyond] for slot in _memory.used()]
        return list(accumulate(map(sum, zip(*slots, strict=True))))


Member = TypeVar("Member", Counter, Gauge, Histogram)


class Family(Generic[Member]):
    """A metric ``name`` with ``labels``; it has one member for each combination of label values."""

    def __init__(self, make: Callable[[], Member], name: str, meaning: str, *labels: str) -> None:
        self.name = name
        self.meaning = meaning
        self.labels = labels
        self.members: dict[tuple[str, ...], Member] = {}
        self._make: Callable[[], Member] = make
        families.append(self)

    def of(self, *values: str) -> Member:
        """Return the member with these label values, created if needed. Raises ``RuntimeError`` after ``freeze``."""
        assert len(values) == len(self.labels), (self.name, values)
        member = self.members.get(values)
        if member is None:
            member = self.members[values] = self._make()
        return member


families: list[Family[Any]] = []
"""All metrics, in the order of their declarations."""


def counter(name: str, meaning: str, *labels: str) -> Family[Counter]:
    """Declare a counter. It is exposed as ``name`` with the suffix ``_total``."""
    return Family(Counter, name, meaning, *labels)


def gauge(name: str, meaning: str, *labels: str) -> Family[Gauge]:
    """Declare a gauge whose values are summed over the workers."""
    return Family(Gauge, name, meaning, *labels)


def shared_gauge(name: str, meaning: str, *labels: str) -> Family[Gauge]:
    """Declare a gauge that every worker measures for the same thing. The highest value is exposed."""
    return Family(lambda: Gauge(max), name, meaning, *labels)


def histogram(name: str, meaning: str, *labels: str) -> Family[Histogram]:
    """Declare a histogram of durations in seconds."""
    return Family(Histogram, name, meaning, *labels)


def freeze() -> None:
    """Forbid further declarations. Called before the first request."""
    _memory.frozen = True


def free_slot(taken: Iterable[int]) -> int:
    """Return the slot for a new worker: the first not in ``taken``, 0 if all are taken."""
    return min(set(range(WORKER_SLOTS)).difference(taken), default=0)


def take_slot(slot: int) -> None:
    """Use ``slot`` in this process from now on: keep its counts, set its gauges to 0."""
    _memory.own = _memory.slots[slot]
    for index in range(_FIRST_LEVEL, _FIRST_COUNT):
        _memory.own[index] = 0.0
    _memory.own[_WORKER] = os.getpid()
    _memory.own[_USED] = 1.0


def leave_slot(slot: int) -> None:
    """Mark the worker of ``slot`` as ended, so that its gauges no longer count."""
    _memory.slots[slot][_WORKER] = 0.0


def reset() -> None:
    """Give workers that start from now on new memory: after a reload their code may declare other metrics."""
    _memory.renew()

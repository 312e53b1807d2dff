"""The answers that a client got, and the values that the database may therefore hold.

A value is named by its kind and a mark that is unique in its kind, so that a doubled write shows. A write that
was acknowledged leaves one possible value; one without an answer leaves two, and is never repeated.
"""

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

Thing = tuple[str, str]
ABSENT = None
SHOWN = 20


class Journal:
    """The answers to one client; other threads read it while it grows."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.broken: list[float] = []
        """Times at which connections broke, by ``time.monotonic``."""
        self.slowest_failure = 0.0
        self._now: dict[Thing, set[Any]] = {}
        self._settled: dict[Thing, set[Any]] = {}
        self._guard = threading.Lock()

    def is_known(self, thing: Thing, value: Any) -> None:
        """Record a value that follows from an earlier write."""
        self._now[thing] = {value}

    def acknowledged(self, thing: Thing, value: Any) -> None:
        """Record an acknowledged value; ``ABSENT`` if it is deleted."""
        self.is_known(thing, value)
        self.outcomes["acknowledged"] += 1

    def doubtful(self, thing: Thing, value: Any) -> None:
        """Record a write without an answer: the new value or the old one."""
        self._now.setdefault(thing, {ABSENT}).add(value)
        self.outcomes["doubtful"] += 1

    def settle(self) -> None:
        """Record that the values written so far are final."""
        with self._guard:
            self._settled |= self._now
        self._now = {}

    def settled(self) -> dict[Thing, set[Any]]:
        """Return the final values: each name with its possible values."""
        with self._guard:
            return dict(self._settled)


def compare(possible: Mapping[Thing, set[Any]], found: Mapping[Thing, Sequence[Any]]) -> list[str]:
    """Return the values that are lost, doubled or not as acknowledged."""
    wrong = []
    for thing, values in possible.items():
        there = found.get(thing, [])
        if len(there) > 1:
            wrong.append(f"{thing} is there {len(there)} times")
        elif (there[0] if there else ABSENT) not in values:
            wrong.append(f"{thing} is {there}, possible were {values}")
    return wrong

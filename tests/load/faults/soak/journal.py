"""What a client was told, and what may therefore be in the database.

A thing is named by its kind and a mark that nothing else of its kind has, so that a doubled write is seen. A write that
was acknowledged leaves one value possible; one whose fate is unknown leaves two, and its thing is never written again.
"""

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

Thing = tuple[str, str]
ABSENT = None
SHOWN = 20


class Journal:
    """What one client was told; read by others while it grows."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.broken: list[float] = []
        """When answers broke off, by ``time.monotonic``."""
        self.slowest_failure = 0.0
        self._now: dict[Thing, set[Any]] = {}
        self._settled: dict[Thing, set[Any]] = {}
        self._guard = threading.Lock()

    def is_known(self, thing: Thing, value: Any) -> None:
        """Note that a thing has a value, as follows from what was written before."""
        self._now[thing] = {value}

    def acknowledged(self, thing: Thing, value: Any) -> None:
        """Note that somebody was told that a thing has a value; ``ABSENT`` where it is deleted."""
        self.is_known(thing, value)
        self.outcomes["acknowledged"] += 1

    def doubtful(self, thing: Thing, value: Any) -> None:
        """Note that a thing may have a value, or the one it had."""
        self._now.setdefault(thing, {ABSENT}).add(value)
        self.outcomes["doubtful"] += 1

    def settle(self) -> None:
        """Note that nothing more happens to the things written so far."""
        with self._guard:
            self._settled |= self._now
        self._now = {}

    def settled(self) -> dict[Thing, set[Any]]:
        """Return every thing that nothing happens to any more, and what it may be."""
        with self._guard:
            return dict(self._settled)


def compare(possible: Mapping[Thing, set[Any]], found: Mapping[Thing, Sequence[Any]]) -> list[str]:
    """Return what is lost, doubled or otherwise not as somebody was told."""
    wrong = []
    for thing, values in possible.items():
        there = found.get(thing, [])
        if len(there) > 1:
            wrong.append(f"{thing} is there {len(there)} times")
        elif (there[0] if there else ABSENT) not in values:
            wrong.append(f"{thing} is {there}, possible were {values}")
    return wrong

"""How many requests may wait for answers at once: longer lines make everybody wait, and nobody faster.

Whoever finds a line full is refused before anything is done for them, so that a flood costs little beside what is
answered. A place is taken before the session is looked up: what waits there waits in the same line.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from gateway.prefixes import Place
from shared.counting import gauge
from shared.refusals import UNAVAILABLE

IN_LINE = 128
"""Requests to one program. By Little's law the last waits for IN_LINE / rate: 0.13 s where 1,000 are answered in a
second, 0.5 s where it is 250."""
IN_ALL_LINES = 3 * IN_LINE
"""Requests to all programs together: with two that hang, others still work."""
FULL = UNAVAILABLE.with_headers({})


_AWAITED = gauge("bunko_gateway_answers_awaited", "Answers awaited from a program.", "service")


class Lines:
    """The lines before the programs. Who has begun to get an answer stands in none, however slow to take it."""

    def __init__(self, owners: Iterable[str]) -> None:
        self._of_owner = dict.fromkeys(owners, 0)
        self._all = 0
        self._shown = {owner: _AWAITED.of(owner) for owner in (*self._of_owner, "files")}

    @property
    def any_is_full(self) -> bool:
        """Whether anybody has to be refused at all."""
        return self._all >= IN_LINE and (self._all >= IN_ALL_LINES or max(self._of_owner.values()) >= IN_LINE)

    def is_full(self, place: Place) -> bool:
        """Whether a request for ``place`` would only make a line longer that is too long already."""
        if self._all >= IN_ALL_LINES:
            return True
        # A file node says itself how many uploads it takes.
        return not place.on_file_nodes and self._of_owner[place.owner] >= IN_LINE

    @contextmanager
    def joined(self, place: Place) -> Iterator[None]:
        """Hold a place in the line for ``place``; raises 503 where it is full."""
        if self.is_full(place):
            raise FULL
        joins_owner = not place.on_file_nodes
        self._all += 1
        self._of_owner[place.owner] += joins_owner
        shown = self._shown[place.owner if joins_owner else "files"]
        shown.change(1)
        try:
            yield
        finally:
            shown.change(-1)
            self._all -= 1
            self._of_owner[place.owner] -= joins_owner

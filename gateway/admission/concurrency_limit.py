"""How many requests may wait for answers at once: longer lines make everybody wait, and nobody faster.

Whoever finds a line full is refused before anything is done for them, so that a flood costs little beside what is
answered. A place is taken before the session is looked up: what waits there waits in the same line.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from gateway.http.route_table import Route
from shared.errors import UNAVAILABLE
from shared.observability.metrics import gauge

MAX_PER_SERVICE = 128
"""Requests to one program. By Little's law the last waits for IN_LINE / rate: 0.13 s where 1,000 are answered in a
second, 0.5 s where it is 250."""
MAX_IN_ALL = 3 * MAX_PER_SERVICE
"""Requests to all programs together: with two that hang, others still work."""
LIMIT_REACHED = UNAVAILABLE.with_headers({})


_UPSTREAM_REQUESTS = gauge("bunko_gateway_answers_awaited", "Answers awaited from a program.", "service")


class ConcurrencyLimit:
    """The lines before the programs. Who has begun to get an answer stands in none, however slow to take it."""

    def __init__(self, owners: Iterable[str]) -> None:
        self._by_owner = dict.fromkeys(owners, 0)
        self._total = 0
        self._gauges = {owner: _UPSTREAM_REQUESTS.of(owner) for owner in (*self._by_owner, "files")}

    @property
    def is_reached_anywhere(self) -> bool:
        """Whether anybody has to be refused at all."""
        return self._total >= MAX_PER_SERVICE and (
            self._total >= MAX_IN_ALL or max(self._by_owner.values()) >= MAX_PER_SERVICE
        )

    def is_reached(self, route: Route) -> bool:
        """Whether a request for ``place`` would only make a line longer that is too long already."""
        if self._total >= MAX_IN_ALL:
            return True
        # A file node says itself how many uploads it takes.
        return not route.on_file_nodes and self._by_owner[route.owner] >= MAX_PER_SERVICE

    @contextmanager
    def slot(self, route: Route) -> Iterator[None]:
        """Hold a place in the line for ``place``; raises 503 where it is full."""
        if self.is_reached(route):
            raise LIMIT_REACHED
        joins_owner = not route.on_file_nodes
        self._total += 1
        self._by_owner[route.owner] += joins_owner
        shown = self._gauges[route.owner if joins_owner else "files"]
        shown.change(1)
        try:
            yield
        finally:
            shown.change(-1)
            self._total -= 1
            self._by_owner[route.owner] -= joins_owner

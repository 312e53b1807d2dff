"""Limits concurrent upstream requests. A longer queue adds latency without adding throughput.

Requests above the limit are refused before any other work is done for them, so that refusals are cheap under overload.
A slot is taken before the session is looked up, so the limit bounds concurrent look-ups too.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from gateway.http.route_table import Route
from shared.errors import UNAVAILABLE
from shared.observability.metrics import gauge

MAX_PER_SERVICE = 128
"""Concurrent requests to one service. By Little's law the last one waits for MAX_PER_SERVICE / rate: 0.13 s at 1,000
requests a second, 0.5 s at 250."""
MAX_IN_ALL = 3 * MAX_PER_SERVICE
"""Concurrent requests to all services together. The other services keep working while two of them hang."""
LIMIT_REACHED = UNAVAILABLE.with_headers({})


_UPSTREAM_REQUESTS = gauge("bunko_gateway_answers_awaited", "Answers awaited from a program.", "service")


class ConcurrencyLimit:
    """Counts upstream requests per service.

    A request is counted until its response starts, however slowly the client then reads it.
    """

    def __init__(self, owners: Iterable[str]) -> None:
        self._by_owner = dict.fromkeys(owners, 0)
        self._total = 0
        self._gauges = {owner: _UPSTREAM_REQUESTS.of(owner) for owner in (*self._by_owner, "files")}

    @property
    def is_reached_anywhere(self) -> bool:
        """True if any route is at its limit."""
        return self._total >= MAX_PER_SERVICE and (
            self._total >= MAX_IN_ALL or max(self._by_owner.values()) >= MAX_PER_SERVICE
        )

    def is_reached(self, route: Route) -> bool:
        """Return whether a request for ``route`` exceeds a limit."""
        if self._total >= MAX_IN_ALL:
            return True
        # File nodes limit their uploads themselves.
        return not route.on_file_nodes and self._by_owner[route.owner] >= MAX_PER_SERVICE

    @contextmanager
    def slot(self, route: Route) -> Iterator[None]:
        """Hold a slot for a request to ``route``; raises ``LIMIT_REACHED`` (503) where none is free."""
        if self.is_reached(route):
            raise LIMIT_REACHED
        is_to_service = not route.on_file_nodes
        self._total += 1
        self._by_owner[route.owner] += is_to_service
        shown_gauge = self._gauges[route.owner if is_to_service else "files"]
        shown_gauge.change(1)
        try:
            yield
        finally:
            shown_gauge.change(-1)
            self._total -= 1
            self._by_owner[route.owner] -= is_to_service

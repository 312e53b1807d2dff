"""Load shedding before WSGI: the same 503 as the application's, at half the CPU time.

Under overload, rejecting requests is itself the main cost. A request above the concurrency limit gets a precomputed
response as soon as its head is read. The log has one line per second with the number of such requests.
"""

import logging
import socket
from typing import Any

import gevent

from gateway.admission.concurrency_limit import ConcurrencyLimit
from gateway.admission.refusal_metrics import SHED_EARLY
from gateway.http import request_target, route_table
from gateway.http.response import raw
from shared import shutdown
from shared.errors import UNAVAILABLE, Refusal

_log = logging.getLogger("bunko.gateway")

_LOG_SECONDS = 1.0
"""Minimum time between two log entries about shed requests."""
_NOT_SHED = frozenset({"ORIGIN", "CONTENT-LENGTH", "TRANSFER-ENCODING", "EXPECT"})
"""Requests with these headers pass: their response needs further headers, or their body has to be read."""


RESPONSE = raw(UNAVAILABLE, close=False)


class LoadShedding:
    """Refuses requests whose route is at its concurrency limit."""

    def __init__(self, limit: ConcurrencyLimit) -> None:
        self._limit = limit
        self._shed = 0

    def should_shed(self, request: Any) -> bool:
        """Return whether ``request``, a gunicorn request, is answered with ``RESPONSE`` before WSGI."""
        if not self._limit.is_reached_anywhere or shutdown.started.is_set():
            return False
        if request.method == "HEAD" or any(name in _NOT_SHED for name, _ in request.headers):
            return False
        try:
            route = route_table.find_route(request_target.parse(request.uri).segments)
        except Refusal:
            return False
        return route is not None and self._limit.is_reached(route)

    def shed(self, client: socket.socket) -> None:
        """Send ``RESPONSE`` to the client, and count it in the metrics and the log."""
        SHED_EARLY.inc()
        client.sendall(RESPONSE)
        if not self._shed:
            gevent.spawn_later(_LOG_SECONDS, self._log_shed)
        self._shed += 1

    def _log_shed(self) -> None:
        _log.warning("shed %d requests: the concurrency limit is reached", self._shed)
        self._shed = 0

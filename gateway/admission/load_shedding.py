"""Refusing at the door, when lines are full: the 503 that the application would give, for half of what it costs.

In a flood it is the refusals that take the time from those who are let in. So a request whose line is full is
turned away as soon as it is read, with an answer that is ready, and counted in the log instead of having a line there.
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
"""Seconds between two lines in the log."""
_NOT_SHED = frozenset({"ORIGIN", "CONTENT-LENGTH", "TRANSFER-ENCODING", "EXPECT"})
"""Headers with which the answer has more to say, or the connection more to be read."""


RESPONSE = raw(UNAVAILABLE, close=False)


class LoadShedding:
    """Turns requests away while their line is full."""

    def __init__(self, limit: ConcurrencyLimit) -> None:
        self._limit = limit
        self._shed = 0

    def should_shed(self, request: Any) -> bool:
        """Whether a request, as gunicorn has read its head, is to be given ``RESPONSE`` and no more."""
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
        """Give a client the answer, and count it; the log says before long how many there were."""
        SHED_EARLY.inc()
        client.sendall(RESPONSE)
        if not self._shed:
            gevent.spawn_later(_LOG_SECONDS, self._log_shed)
        self._shed += 1

    def _log_shed(self) -> None:
        _log.warning("turned %d requests away at the door: lines are full", self._shed)
        self._shed = 0

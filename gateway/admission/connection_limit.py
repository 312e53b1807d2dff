"""The limit on open connections per client address: without it one address can hold all that a process has."""

import logging
import socket
from collections import Counter
from contextlib import suppress
from typing import Any

import gevent

from gateway.admission import refusal_metrics
from gateway.http.response import raw
from shared import settings
from shared.errors import TOO_MANY_REQUESTS
from shared.identity.client_network import network

PER_ADDRESS = 1000
"""Unless ``CONNECTIONS_PER_ADDRESS`` says otherwise: a tenth of what a process holds, and 160 browsers behind one
address, which open six each."""
ANSWER = raw(TOO_MANY_REQUESTS.with_headers({"Retry-After": "1"}))

_log = logging.getLogger("bunko.gateway")
_LOG_SECONDS = 1.0
"""Between two entries in the log."""
_UNREAD = 64 * 1024
"""Bytes of a refused request that are received and dropped: unread, they would reset the connection."""


class ConnectionLimit:
    """Counts the open connections of each address, in this process; ``per_address`` 0 is no limit."""

    def __init__(self, per_address: int) -> None:
        self._per_address = per_address
        self._open: Counter[str] = Counter()
        self._refused = 0

    def admit(self, address: Any) -> str | None:
        """Count a connection from ``address``, as the socket says it, and return its key; None for one too many."""
        key = network(address[0]) if self._per_address and isinstance(address, tuple) else ""
        if key and self._open[key] >= self._per_address:
            return None
        self._open[key] += 1
        return key

    def release(self, key: str) -> None:
        """Take back a connection that ``admit`` has counted."""
        self._open[key] -= 1
        if not self._open[key]:
            del self._open[key]

    def refuse(self, client: socket.socket) -> None:
        """Answer 429 and close, without waiting for anything: this is called for every connection of a flood."""
        refusal_metrics.CONNECTIONS.inc()
        client.settimeout(0)
        with suppress(OSError):
            client.recv(_UNREAD)
        with suppress(OSError):
            client.send(ANSWER)
            client.shutdown(socket.SHUT_WR)
        client.close()
        if not self._refused:
            gevent.spawn_later(_LOG_SECONDS, self._tell)
        self._refused += 1

    def _tell(self) -> None:
        _log.warning("refused %d connections of addresses that have too many", self._refused)
        self._refused = 0


def from_environment() -> ConnectionLimit:
    """Return the limit in ``CONNECTIONS_PER_ADDRESS``.

    There is none behind trusted proxies, as all connections are theirs, nor where ``RATE_LIMITS`` turns all limits off.
    """
    per_address = settings.whole("CONNECTIONS_PER_ADDRESS", PER_ADDRESS)
    limited = settings.switch("RATE_LIMITS", default=True) and not settings.whole("TRUSTED_PROXIES", 0)
    return ConnectionLimit(per_address if limited else 0)

"""Limits open connections per client address. Without it one address could occupy all connections of a process."""

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
"""Default of ``CONNECTIONS_PER_ADDRESS``: a tenth of the connections of a process, and enough for 160 browsers behind
one address, at six connections each."""
ANSWER = raw(TOO_MANY_REQUESTS.with_headers({"Retry-After": "1"}))

_log = logging.getLogger("bunko.gateway")
_LOG_SECONDS = 1.0
"""Minimum time between two log entries about refused connections."""
_UNREAD = 64 * 1024
"""Maximum bytes of a refused request that are read and dropped: unread bytes would reset the connection."""


class ConnectionLimit:
    """Counts the open connections of each address, in this process; ``per_address`` 0 is no limit."""

    def __init__(self, per_address: int) -> None:
        self._per_address = per_address
        self._open: Counter[str] = Counter()
        self._refused = 0

    def admit(self, address: Any) -> str | None:
        """Count a connection from the socket address ``address``.

        Returns the key for ``release``, None where the limit is reached.
        """
        key = network(address[0]) if self._per_address and isinstance(address, tuple) else ""
        if key and self._open[key] >= self._per_address:
            return None
        self._open[key] += 1
        return key

    def release(self, key: str) -> None:
        """Uncount a connection; ``key`` is what ``admit`` returned for it."""
        self._open[key] -= 1
        if not self._open[key]:
            del self._open[key]

    def refuse(self, client: socket.socket) -> None:
        """Answer 429 and close, without blocking, as a flood calls this for every connection."""
        refusal_metrics.CONNECTIONS.inc()
        client.settimeout(0)
        with suppress(OSError):
            client.recv(_UNREAD)
        with suppress(OSError):
            client.send(ANSWER)
            client.shutdown(socket.SHUT_WR)
        client.close()
        if not self._refused:
            gevent.spawn_later(_LOG_SECONDS, self._log_refused)
        self._refused += 1

    def _log_refused(self) -> None:
        _log.warning("refused %d connections: too many from one address", self._refused)
        self._refused = 0


def from_environment() -> ConnectionLimit:
    """Return the limit in ``CONNECTIONS_PER_ADDRESS``.

    There is no limit behind trusted proxies, which open all connections themselves, nor where ``RATE_LIMITS`` turns all
    limits off.
    """
    per_address = settings.whole("CONNECTIONS_PER_ADDRESS", PER_ADDRESS)
    limited = settings.switch("RATE_LIMITS", default=True) and not settings.whole("TRUSTED_PROXIES", 0)
    return ConnectionLimit(per_address if limited else 0)

"""Connections between programs, which are kept open from one request to the next."""

import time
from typing import Any

from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection

from shared.shutdown import IDLE_SECONDS


class KeepAliveConnection(HTTPConnection):
    """Counts as dropped when it has been idle so long that the other side may be about to close it."""

    _used = 0.0

    @property
    def is_connected(self) -> bool:
        """Whether another request may be sent."""
        return super().is_connected and time.monotonic() - self._used <= IDLE_SECONDS

    def request(self, *given: Any, **named: Any) -> None:
        """Send a request."""
        self._used = time.monotonic()
        super().request(*given, **named)

    def getresponse(self) -> Any:
        """Return the answer as far as it has come."""
        response = super().getresponse()
        self._used = time.monotonic()
        return response


class KeepAlivePool(HTTPConnectionPool):
    """Connections of this kind to one program."""

    ConnectionCls = KeepAliveConnection

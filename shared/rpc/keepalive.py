"""Keep-alive connections between programs that are not reused after ``IDLE_SECONDS``."""

import time
from typing import Any

from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection

from shared.shutdown import IDLE_SECONDS


class KeepAliveConnection(HTTPConnection):
    """A connection that counts as dropped after ``IDLE_SECONDS``: the other side may be closing it."""

    _used = 0.0

    @property
    def is_connected(self) -> bool:
        """True if another request may be sent on this connection."""
        return super().is_connected and time.monotonic() - self._used <= IDLE_SECONDS

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Send a request."""
        self._used = time.monotonic()
        super().request(*args, **kwargs)

    def getresponse(self) -> Any:
        """Read the status and headers of the response."""
        response = super().getresponse()
        self._used = time.monotonic()
        return response


class KeepAlivePool(HTTPConnectionPool):
    """A pool of ``KeepAliveConnection``."""

    ConnectionCls = KeepAliveConnection

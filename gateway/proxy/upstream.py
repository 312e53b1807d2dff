"""One upstream node: its connection pool, and the errors of sending a request to it."""

import errno
import logging
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from gateway.http.body import Body
from gateway.proxy.http_connection import CONNECTION_ERRORS, HttpConnection, HttpResponse
from shared.rpc.balancer import PROBE_PATH, Node
from shared.rpc.retry import ConnectFailed, NoResponse, ResponseLost, ResponseTimeout

MAX_BUFFERED = 64 * 1024
"""Responses of at most this many bytes are read completely; longer ones, and those of unknown length, are streamed."""
_IDLE_CONNECTIONS = 64

_log = logging.getLogger("bunko.gateway")


class Upstream(Node):
    """A node at the base URL ``url`` of the service ``service``, which is the audience of its tokens.

    ``seconds`` limits the time until its response starts, and each further wait for data.
    """

    def __init__(self, service: str, url: str, *, seconds: float) -> None:
        super().__init__(url)
        self.service = service
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._seconds = seconds
        # The connection used last is used next, so that surplus connections stay idle until they expire.
        self._idle: list[HttpConnection] = []

    def send(
        self, method: str, target: str, headers: Mapping[str, str], body: Body | None = None
    ) -> "UpstreamResponse":
        """Send a request and return its response, with its content if that is small.

        Raises ``ConnectFailed``, ``ResponseLost`` or ``ResponseTimeout``.
        """
        self.outstanding += 1
        try:
            connection = self._connection()
            try:
                response = connection.send(method, target, headers, body)
                refused = body is not None and response.status >= 400
                return UpstreamResponse(self, connection, response, refused=refused)
            except BaseException:
                connection.close()
                raise
        except BaseException as error:
            self.outstanding -= 1
            if isinstance(error, CONNECTION_ERRORS):
                raise (ResponseTimeout if isinstance(error, TimeoutError) else ResponseLost) from error
            raise

    def is_alive(self) -> bool:
        """Return whether the node answers a probe."""
        try:
            self.send("GET", PROBE_PATH, {}).close()
        except NoResponse:
            return False
        return True

    def _connection(self) -> HttpConnection:
        """Return an idle connection that is still open, or a new one."""
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open():
                return connection
            connection.close()
        try:
            return HttpConnection(self._host, self._port, self._seconds)
        except OSError as error:
            raise ConnectFailed from error

    def release(self, connection: HttpConnection, *, reusable: bool) -> None:
        """Return the connection of a finished exchange to the pool if it is reusable, else close it."""
        self.outstanding -= 1
        if reusable and len(self._idle) < _IDLE_CONNECTIONS:
            self._idle.append(connection)
        else:
            connection.close()


class UpstreamResponse:
    """A response of an upstream; callers close it.

    Where the request's body was ``refused``, the node may not have read all of it and could take the next request for
    the rest: the connection is not reused.
    """

    def __init__(
        self, upstream: Upstream, connection: HttpConnection, response: HttpResponse, *, refused: bool
    ) -> None:
        self.upstream = upstream
        self.status = response.status
        self.headers = response.headers
        self.content: bytes | None = None
        """The body, if it has at most ``MAX_BUFFERED`` bytes; else None."""
        self._response = response
        self._connection: HttpConnection | None = connection
        self._refused = refused
        if response.length is not None and response.length <= MAX_BUFFERED:
            self.content = response.read_all()

    def pieces(self) -> Iterator[bytes]:
        """Yield the body as it arrives.

        Raises ``ConnectionResetError`` where it breaks off, so that the client's connection breaks too and the client
        does not take a partial response for a complete one.
        """
        try:
            while piece := self._response.read():
                yield piece
        except CONNECTION_ERRORS as error:
            _log.warning("a response of %s broke off: %r", self.upstream.url, error)
            raise ConnectionResetError(errno.ECONNRESET, "the response broke off") from error

    def close(self) -> None:
        """End the exchange; the connection is not reused if a part of the response is unread."""
        connection, self._connection = self._connection, None
        if connection is not None:
            reusable = self._response.complete and self._response.keeps_connection and not self._refused
            self.upstream.release(connection, reusable=reusable)

"""One program behind the gateway: its connections, and what can go wrong on the way to it and back."""

import errno
import logging
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from gateway.http.body import Body
from gateway.proxy.http_connection import CONNECTION_ERRORS, HttpConnection, HttpResponse
from shared.rpc.balancer import PROBE_PATH, Node
from shared.rpc.retry import ConnectFailed, NoResponse, ResponseLost, ResponseTimeout

MAX_BUFFERED = 64 * 1024
"""Bytes of an answer that are read at once; longer answers, and those of unknown length, are passed on in pieces."""
_IDLE_CONNECTIONS = 64

_log = logging.getLogger("bunko.gateway")


class Upstream(Node):
    """A program that answers requests at ``url``, as the service that its tokens name.

    ``seconds`` is how long it may stay silent: until its answer begins, and between two pieces of it.
    """

    def __init__(self, service: str, url: str, *, seconds: float) -> None:
        super().__init__(url)
        self.service = service
        place = urlsplit(url)
        self._host, self._port = place.hostname or "", place.port or 80
        self._seconds = seconds
        # The connection used last is used next: the others go out of use, and in time out of the pool.
        self._idle: list[HttpConnection] = []

    def send(
        self, method: str, target: str, headers: Mapping[str, str], body: Body | None = None
    ) -> "UpstreamResponse":
        """Send a request and return its answer: whole if it is small, else as far as it has come.

        Raises ``ConnectFailed``, ``ResponseLost`` or ``ResponseTimeout``.
        """
        self.outstanding += 1
        try:
            connection = self._connection()
            try:
                answer = connection.send(method, target, headers, body)
                return UpstreamResponse(
                    self, connection, answer, refused=body is not None and answer.status >= 400
                )
            except BaseException:
                connection.close()
                raise
        except BaseException as error:
            self.outstanding -= 1
            if isinstance(error, CONNECTION_ERRORS):
                raise (ResponseTimeout if isinstance(error, TimeoutError) else ResponseLost) from error
            raise

    def is_alive(self) -> bool:
        """Ask for a sign of life."""
        try:
            self.send("GET", PROBE_PATH, {}).close()
        except NoResponse:
            return False
        return True

    def _connection(self) -> HttpConnection:
        """Return a kept connection that is still open, or a new one."""
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
        """Take back the connection of an exchange that has ended."""
        self.outstanding -= 1
        if reusable and len(self._idle) < _IDLE_CONNECTIONS:
            self._idle.append(connection)
        else:
            connection.close()


class UpstreamResponse:
    """An answer on its way from an upstream; to be closed.

    Where a body was ``refused``, the other side may not have read it all, and could take what is sent next for the
    rest of it: such a connection is not used again.
    """

    def __init__(
        self, upstream: Upstream, connection: HttpConnection, answer: HttpResponse, *, refused: bool
    ) -> None:
        self.upstream = upstream
        self.status = answer.status
        self.headers = answer.headers
        self.content: bytes | None = None
        """The body, where it is small enough to be here already."""
        self._answer = answer
        self._connection: HttpConnection | None = connection
        self._refused = refused
        if answer.length is not None and answer.length <= MAX_BUFFERED:
            self.content = answer.read_all()

    def pieces(self) -> Iterator[bytes]:
        """Pass the body on as it comes.

        A failure on the way breaks the client's connection too, so that half an answer is not taken for a whole one.
        """
        try:
            while piece := self._answer.read():
                yield piece
        except CONNECTION_ERRORS as error:
            _log.warning("an answer of %s broke off: %r", self.upstream.url, error)
            raise ConnectionResetError(errno.ECONNRESET, "the answer broke off") from error

    def close(self) -> None:
        """End the exchange; a connection with an unread rest is not used again."""
        connection, self._connection = self._connection, None
        if connection is not None:
            reusable = self._answer.complete and self._answer.keeps_connection and not self._refused
            self.upstream.release(connection, reusable=reusable)

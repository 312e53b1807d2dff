"""One program behind the gateway: its connections, and what can go wrong on the way to it and back."""

import errno
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from urllib3 import BaseHTTPResponse, HTTPConnectionPool, Timeout
from urllib3.connection import HTTPConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
)

from gateway.body import Body

CONNECT_SECONDS = 0.5
SMALL = 64 * 1024
"""Bytes of an answer that are read at once; longer answers, and those of unknown length, are passed on in pieces."""
_IDLE_CONNECTIONS = 64

_log = logging.getLogger("bunko.gateway")


class NotReached(Exception):
    """No connection: nothing was sent, so any request may go elsewhere."""


class Lost(Exception):
    """The connection broke after something was sent: the request may have been carried out."""


class TooSlow(Exception):
    """No answer in time: the request may still be carried out."""


class Upstream:
    """A program that answers requests at ``url``, as the service that its tokens name.

    ``seconds`` is how long it may stay silent: until its answer begins, and between two pieces of it.
    """

    def __init__(self, service: str, url: str, *, seconds: float) -> None:
        self.service = service
        self.url = url
        self.outstanding = 0
        place = urlsplit(url)
        self._pool = HTTPConnectionPool(
            place.hostname or "",
            place.port,
            maxsize=_IDLE_CONNECTIONS,
            retries=False,
            timeout=Timeout(connect=CONNECT_SECONDS, read=seconds),
            blocksize=SMALL,
        )
        self._pool.ConnectionCls = type("Connection", (_PatientConnection,), {"patience": seconds})

    def send(
        self, method: str, target: str, headers: Mapping[str, str], body: Body | None = None
    ) -> "Exchange":
        """Send a request and return its answer: whole if it is small, else as far as it has come.

        Raises ``NotReached``, ``Lost`` or ``TooSlow``.
        """
        self.outstanding += 1
        try:
            with _named_failures():
                response = self._pool.urlopen(
                    method,
                    target,
                    body=body,
                    headers=headers,
                    redirect=False,
                    preload_content=False,
                    decode_content=False,
                )
                return Exchange(self, response, reusable=body is None or response.status < 400)
        except BaseException:
            self.outstanding -= 1
            raise


class Exchange:
    """An answer on its way from an upstream; to be closed.

    Where a body was refused, the other side may not have read it all, and could take what is sent next for the
    rest of it: such a connection is not ``reusable``.
    """

    def __init__(self, upstream: Upstream, response: BaseHTTPResponse, *, reusable: bool) -> None:
        self.upstream = upstream
        self.status = response.status
        self.headers = response.headers
        self._response: BaseHTTPResponse | None = response
        length = response.headers.get("Content-Length", "")
        bodiless = response.length_remaining == 0
        self.whole: bytes | None = None
        """The body, where it is small enough to be here already."""
        if bodiless or (length.isdecimal() and int(length) <= SMALL):
            connection = response.connection
            self.whole = response.read()  # which gives the connection back
            if not reusable and connection is not None:
                connection.close()

    def pieces(self) -> Iterator[bytes]:
        """Pass the body on as it comes.

        A failure on the way breaks the client's connection too, so that half an answer is not taken for a whole one.
        """
        assert self._response is not None
        try:
            with _named_failures():
                yield from self._response.stream(SMALL, decode_content=False)
        except (Lost, TooSlow) as error:
            _log.warning("an answer of %s broke off: %r", self.upstream.url, error.__cause__)
            raise ConnectionResetError(errno.ECONNRESET, "the answer broke off") from error

    def close(self) -> None:
        """End the exchange; a connection with an unread rest is not used again."""
        if self._response is None:
            return
        response, self._response = self._response, None
        self.upstream.outstanding -= 1
        response.close()
        response.release_conn()


class _PatientConnection(HTTPConnection):
    """Gives up connecting soon, but gives up sending only when the answer would be too late as well."""

    patience: float

    def connect(self) -> None:
        super().connect()
        self.sock.settimeout(self.patience)

    def request(self, *given: Any, **named: Any) -> None:
        if self.sock is not None:
            # urllib3 would send over a kept connection within the seconds that are for connecting.
            self.timeout = self.patience
        super().request(*given, **named)


@contextmanager
def _named_failures() -> Iterator[None]:
    """Tell the failures apart by what may have happened on the other side."""
    try:
        yield
    except (NewConnectionError, ConnectTimeoutError) as error:
        raise NotReached from error
    except ReadTimeoutError as error:
        raise TooSlow from error
    except ProtocolError as error:
        raise (TooSlow if isinstance(error.args[-1], TimeoutError) else Lost) from error
    except (HTTPError, OSError) as error:
        raise Lost from error

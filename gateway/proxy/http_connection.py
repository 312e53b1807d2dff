"""One connection to a program: a request sent over it, and the answer as it comes back.

Answers are read by httptools (llhttp, the parser of Node.js). CPU per exchange of 10 KB over kept connections, under
gevent: urllib3 215 µs, h11 85, http.client 80, geventhttpclient 60, this 18; sending and receiving alone 12.
"""

import socket
import time
from collections.abc import Mapping
from contextlib import suppress

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from gateway.http.body import Body
from shared.shutdown import IDLE_SECONDS

CONNECT_SECONDS = 0.5
CHUNK = 64 * 1024
"""Bytes that are sent or received at once."""
CONNECTION_ERRORS = (OSError, EOFError, HttpParserError, HttpParserUpgrade)
"""What is raised where a request cannot be sent or its answer not be read."""


class HttpConnection:
    """A connection to the program at ``host`` and ``port``.

    ``seconds`` is how long an answer may take to begin, a small one to be whole, and a long one to go on. Raises
    ``OSError`` where none is made.
    """

    def __init__(self, host: str, port: int, seconds: float) -> None:
        self._host = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._seconds = seconds
        self._used = 0.0
        self._socket = socket.create_connection((host, port), CONNECT_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.settimeout(seconds)

    def is_open(self) -> bool:
        """Whether nothing has come while it was idle, for a short time: what would come is its end."""
        if time.monotonic() - self._used > IDLE_SECONDS:
            return False
        self._socket.settimeout(0)
        try:
            self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        finally:
            self._socket.settimeout(self._seconds)
        return False

    def send(self, method: str, target: str, headers: Mapping[str, str], body: Body | None) -> "HttpResponse":
        """Send a request and return its answer, of which the headers are here.

        Names and values are sent as they stand: whoever read them from a request has refused control characters.
        """
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self._host}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        piece = "\r\n".join((*lines, "", "")).encode("latin-1")
        if body is not None:
            piece += body.read(CHUNK)
        # Whoever refuses a body may close without taking all of it: the refusal is there to be read.
        with suppress(BrokenPipeError, ConnectionResetError):
            while piece:
                self._socket.sendall(piece)
                piece = body.read(CHUNK) if body is not None else b""
        answer = HttpResponse(self._socket, method, self._seconds)
        self._used = time.monotonic()
        return answer

    def close(self) -> None:
        """End the connection."""
        self._socket.close()


class HttpResponse:
    """An answer, read from ``source`` as far as it is asked for; the methods ``on_...`` are the parser's.

    It has ``seconds`` from now to begin, and to be here as a whole where that is wanted.
    """

    def __init__(self, source: socket.socket, method: str, seconds: float) -> None:
        self.status = 0
        self.headers: list[tuple[str, str]] = []
        self.length: int | None = None
        """How long the body is; None where that is not known before its end."""
        self.complete = False
        """Whether all of it is here."""
        self.keeps_connection = False
        """Whether another request may follow over the connection once the answer is complete."""
        self._source = source
        self._deadline = time.monotonic() + seconds
        self._method = method
        self._begun = False
        self._chunked = False
        self._pieces: list[bytes] = []
        self._parser = HttpResponseParser(self)
        while not self._begun:
            self._read_in_time()
        source.settimeout(seconds)

    def read(self) -> bytes:
        """Return what has come of the body, at least some of it; nothing at its end."""
        while not self._pieces and not self.complete:
            self._read()
        piece = b"".join(self._pieces)
        self._pieces.clear()
        return piece

    def read_all(self) -> bytes:
        """Return the body, or what ``piece`` has left of it."""
        while not self.complete:
            self._read_in_time()
        return self.read()

    def _read_in_time(self) -> None:
        """Read on until the deadline: a limit on each wait would let an answer trickle in for ever."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._source.settimeout(left)
        self._read()

    def _read(self) -> None:
        received = self._source.recv(CHUNK)
        if received:
            self._parser.feed_data(received)
        elif self._begun and self.length is None and not self._chunked:
            self.complete = True  # such a body ends with its connection
        else:
            raise EOFError("the connection ended within an answer")

    def on_message_begin(self) -> None:
        """Refuse a second answer: there is no telling which of them was meant."""
        if self.complete:
            raise ValueError("more came than was asked for")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; two of them say where the body ends."""
        self.headers.append((name.decode("latin-1"), value.decode("latin-1")))
        if name.lower() == b"content-length":
            self.length = int(value)
        elif name.lower() == b"transfer-encoding":
            self._chunked = True

    def on_headers_complete(self) -> None:
        """Keep what the status line and the headers say, unless they are of an interim answer."""
        self.status = self._parser.get_status_code()
        if self.status < 200:
            self.headers.clear()
            return
        self._begun = True
        self.keeps_connection = self._parser.should_keep_alive()
        if self._method == "HEAD" or self.status in (204, 304):
            self.length, self.complete = 0, True

    def on_body(self, piece: bytes) -> None:
        """Keep a piece of the body."""
        if self.complete:
            raise ValueError("a body came that was not asked for")
        self._pieces.append(piece)

    def on_message_complete(self) -> None:
        """Note the end, unless it is that of an interim answer."""
        self.complete = self._begun

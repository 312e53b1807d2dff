"""Responses of upstreams, however they are split into reads."""

import socket
import threading
import time
from contextlib import suppress
from typing import cast

import pytest
from httptools import HttpParserError

from gateway.proxy.http_connection import HttpResponse

SMALL = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\nx-a: 2\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"
UNTIL_THE_END = b"HTTP/1.1 200 OK\r\n\r\nhello"
INTERIM = b"HTTP/1.1 100 Continue\r\nX-No: 1\r\n\r\nHTTP/1.1 103 Early Hints\r\nX-No: 1\r\n\r\n"
CLOSING = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"
TO_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
UNCHANGED = b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n"
NOTHING = b"HTTP/1.1 204 No Content\r\n\r\n"


class Pieces:
    """A connection that delivers pieces and then ends."""

    def __init__(self, *pieces: bytes) -> None:
        self.left = list(pieces)

    def recv(self, _: int) -> bytes:
        return self.left.pop(0) if self.left else b""

    def settimeout(self, seconds: float) -> None:
        assert seconds > 0


def answer(*pieces: bytes, method: str = "GET") -> HttpResponse:
    return HttpResponse(cast(socket.socket, Pieces(*pieces)), method, 1.0)


@pytest.mark.parametrize(
    ("raw", "method", "body", "kept"),
    [
        (SMALL, "GET", b"hello", True),
        (CHUNKED, "GET", b"hello", True),
        (INTERIM + SMALL, "GET", b"hello", True),
        (UNTIL_THE_END, "GET", b"hello", False),
        (CLOSING, "GET", b"hello", False),
        (TO_HEAD, "HEAD", b"", True),
        (UNCHANGED, "GET", b"", True),
        (NOTHING, "GET", b"", True),
    ],
)
def test_every_cut_reads_the_same(raw: bytes, method: str, body: bytes, kept: bool) -> None:
    for cut in range(len(raw)):
        read = answer(raw[:cut], raw[cut:], method=method) if cut else answer(raw, method=method)
        assert (read.read_all(), read.complete, read.keeps_connection) == (body, True, kept)
        assert "X-No" not in dict(read.headers)


def test_headers_keep_their_spelling_order_and_number() -> None:
    assert answer(SMALL).headers == [("Content-Length", "5"), ("X-A", "1"), ("x-a", "2")]


@pytest.mark.parametrize("raw", [SMALL, CHUNKED, TO_HEAD])
def test_an_answer_that_ends_early_is_none(raw: bytes) -> None:
    for length in range(1, len(raw)):
        with pytest.raises(EOFError):
            answer(raw[:length]).read_all()


@pytest.mark.parametrize(
    "raw",
    [
        b"what?\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nX A: 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-A: 1\n\r\n\r\n",
    ],
)
def test_an_answer_with_two_meanings_is_none(raw: bytes) -> None:
    with pytest.raises((HttpParserError, EOFError)):
        answer(raw).read_all()


@pytest.mark.parametrize(
    ("raw", "method"), [(TO_HEAD + b"hello", "HEAD"), (SMALL + SMALL, "GET"), (NOTHING + SMALL, "GET")]
)
def test_more_than_was_asked_for_is_no_answer(raw: bytes, method: str) -> None:
    with pytest.raises(HttpParserError):
        answer(raw, method=method).read_all()


def test_an_answer_that_trickles_in_is_given_up_at_its_deadline() -> None:
    near, far = socket.socketpair()

    def trickle() -> None:
        with near, suppress(OSError):
            for byte in SMALL:
                near.send(bytes([byte]))
                time.sleep(0.005)

    thread = threading.Thread(target=trickle)
    thread.start()
    with far, pytest.raises(TimeoutError):
        HttpResponse(far, "GET", 0.05).read_all()
    thread.join(30)
    assert not thread.is_alive()

"""Reads requests from client connections: gunicorn's parser, with limits on its input.

gunicorn limits the lines of a head, to 800 KB in total, and searches for the head's end from the beginning whenever
data arrives. It limits neither the size lines of a chunked body nor its trailers. Here a head has at most 32 KB and
must be complete within 10 seconds. Each byte of a head, and of the framing of a chunked body, is searched once.
"""

import re
from collections.abc import Iterator
from typing import Any

import gevent
from gunicorn.http.body import Body, ChunkedReader
from gunicorn.http.errors import (
    ChunkMissingTerminator,
    ExpectationFailed,
    InvalidChunkExtension,
    InvalidChunkSize,
    LimitRequestHeaders,
    LimitRequestLine,
    NoMoreData,
    ParseException,
)
from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser

from gateway.admission import refusal_metrics
from gateway.http import headers
from gateway.http.request_target import TOO_LONG
from gateway.http.response import raw
from shared.errors import Refusal

MAX_HEAD = 32 * 1024
"""Bytes of the request line and all headers together."""
HEAD_SECONDS = 10.0
"""Seconds until a head must be complete, from its first byte; also until the first byte on a new connection."""
MAX_CHUNK_LINE = 256
"""Bytes of the line with a chunk's size and extensions."""
MAX_TRAILERS = 8 * 1024
MANY_CHUNKS, SMALL_CHUNK = 10_000, 512
"""A body with more chunks than MANY_CHUNKS must have chunks of SMALL_CHUNK bytes on average: each chunk costs the same
CPU time."""

_HEXADECIMAL = re.compile(rb"[0-9A-Fa-f]{1,16}")
_LINE_END, _HEAD_END = b"\r\n", b"\r\n\r\n"


class HeadTooSlow(Exception):
    """The head of a request was not complete within ``HEAD_SECONDS``."""


_FAULT = Refusal(500, "Internal server error")
_REFUSALS: dict[type[Exception], Refusal] = {
    LimitRequestLine: TOO_LONG,
    LimitRequestHeaders: headers.TOO_LARGE,
    ExpectationFailed: Refusal(417, "Expectation failed"),
    HeadTooSlow: headers.HEAD_TOO_SLOW,
    ParseException: Refusal(400, "Bad request"),
}
"""Exception class -> response. The first class that matches an error counts."""


class BoundedRequest(Request):  # type: ignore[misc]  # gunicorn has no types
    """A request whose head is complete and within the limits before gunicorn parses it."""

    body: Body

    def parse(self, unreader: Any) -> Any:
        """Read the head and parse it; returns the bytes received beyond it."""
        unreader.unread(self._head(unreader))
        return super().parse(unreader)

    def set_body_reader(self) -> None:
        """Set the reader of the body: a limited one for chunked bodies."""
        super().set_body_reader()
        if isinstance(self.body.reader, ChunkedReader):
            self.body = Body(BoundedChunkedReader(self, self.unreader))

    def _head(self, unreader: Any) -> bytes:
        """Return the bytes received, which begin with a complete head."""
        head = bytearray(self._first_piece(unreader))
        if not self._is_complete(head, 0):
            with gevent.Timeout(HEAD_SECONDS, HeadTooSlow):
                self._complete(head, unreader)
        return bytes(head)

    def _first_piece(self, unreader: Any) -> bytes:
        """Return the first bytes of the request; ends the connection where none arrive."""
        with gevent.Timeout(HEAD_SECONDS if self.req_number == 1 else None, False):
            if piece := unreader.read():
                return bytes(piece)
        raise StopIteration

    def _complete(self, head: bytearray, unreader: Any) -> None:
        """Receive until ``head`` is complete."""
        complete = False
        while not complete:
            received = len(head)
            piece = unreader.read()
            if not piece:
                raise NoMoreData(bytes(head))
            head += piece
            complete = self._is_complete(head, received)

    def _is_complete(self, head: bytearray, searched: int) -> bool:
        """Return whether ``head`` is complete; its first ``searched`` bytes do not contain its end."""
        if (
            head.find(_LINE_END, 0, self.limit_request_line + 2) < 0
            and len(head) > self.limit_request_line + 2
        ):
            raise LimitRequestLine(len(head), self.limit_request_line)
        end = head.find(_HEAD_END, max(0, searched - 3), MAX_HEAD)
        if end < 0 and len(head) >= MAX_HEAD:
            raise LimitRequestHeaders("head")
        return end >= 0


class BoundedChunkedReader(ChunkedReader):  # type: ignore[misc]  # gunicorn has no types
    """Reads a chunked body, with limits on its framing."""

    def parse_chunked(self, unreader: Any) -> Iterator[bytes]:
        """Yield the content; bytes after the body are returned to ``unreader``."""
        held = b""
        chunks = length = 0
        while True:
            line, held = _line(unreader, held, MAX_CHUNK_LINE, InvalidChunkExtension)
            left = _chunk_size(line)
            if left == 0:
                break
            chunks, length = chunks + 1, length + left
            if chunks > MANY_CHUNKS + length // SMALL_CHUNK:
                raise InvalidChunkSize(b"too many small chunks")
            while left > len(held):
                left -= len(held)
                yield held
                held = unreader.read()
                if not held:
                    raise NoMoreData
            yield held[:left]
            _, held = _line(unreader, held[left:], 0, ChunkMissingTerminator)
        self._read_trailers(unreader, held)

    def _read_trailers(self, unreader: Any, held: bytes) -> None:
        """Read and validate the trailers, which are not used."""
        trailers = []
        left = MAX_TRAILERS
        while True:
            line, held = _line(unreader, held, left, ChunkMissingTerminator)
            if not line:
                break
            trailers.append(line)
            left -= len(line)
        if trailers:
            self.req.trailers = self.req.parse_headers(_LINE_END.join(trailers), from_trailer=True)
        unreader.unread(held)


def _line(unreader: Any, held: bytes, max_length: int, error: type[Exception]) -> tuple[bytes, bytes]:
    """Return the next line without its line end, and the bytes after it.

    Raises ``error`` for a line of more than ``max_length`` bytes.
    """
    searched = 0
    while (end := held.find(_LINE_END, max(0, searched - 1), max_length + 2)) < 0:
        if len(held) >= max_length + 2:
            raise error(held[:max_length])
        searched = len(held)
        piece = unreader.read()
        if not piece:
            raise NoMoreData
        held += piece
    return held[:end], held[end + 2 :]


def _chunk_size(line: bytes) -> int:
    """Return the size in a chunk's size line; raises gunicorn's exceptions for an invalid line."""
    size, semicolon, extensions = line.partition(b";")
    if b"\r" in extensions:
        raise InvalidChunkExtension("bare CR not allowed")
    if semicolon:
        size = size.rstrip(b" \t")
    if not _HEXADECIMAL.fullmatch(size):
        raise InvalidChunkSize(size)
    return int(size, 16)


def answer_to(error: BaseException) -> tuple[int, bytes]:
    """Return status and response for a request that could not be parsed, and count the refusal."""
    refusal = next((refusal for kind, refusal in _REFUSALS.items() if isinstance(error, kind)), _FAULT)
    refusal_metrics.count(refusal)
    return refusal.status, raw(refusal)


def install() -> None:
    """Make gunicorn use ``BoundedRequest`` in this process."""
    RequestParser.mesg_class = BoundedRequest

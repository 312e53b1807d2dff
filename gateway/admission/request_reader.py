"""Reading requests from a client's connection: gunicorn's parser, with bounds on what it has to parse.

gunicorn bounds the lines of a head, 800 KB together, and looks for the head's end from its beginning whenever more
arrives. It bounds neither the lines between the chunks of a body nor the trailers. Here a head is at most 32 KB and
must be complete in 10 seconds, however slowly it arrives; each byte of a head, and of what frames a body, is looked at
once.
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

LARGEST_HEAD = 32 * 1024
"""Bytes of a request line and all headers together."""
HEAD_SECONDS = 10.0
"""How long a head may take from its first byte, and a new connection to that byte."""
LONGEST_CHUNK_LINE = 256
"""Bytes of a chunk's size and its extensions."""
LARGEST_TRAILERS = 8 * 1024
MANY_CHUNKS, SMALL_CHUNK = 10_000, 512
"""A body of more chunks than this must have chunks of this many bytes on average: each costs the same to read."""

_HEXADECIMAL = re.compile(rb"[0-9A-Fa-f]{1,16}")
_LINE_END, _HEAD_END = b"\r\n", b"\r\n\r\n"


class HeadTooSlow(Exception):
    """The head of a request was begun and not completed in time."""


_FAULT = Refusal(500, "Internal server error")
_REFUSALS: dict[type[Exception], Refusal] = {
    LimitRequestLine: TOO_LONG,
    LimitRequestHeaders: headers.TOO_LARGE,
    ExpectationFailed: Refusal(417, "Expectation failed"),
    HeadTooSlow: headers.HEAD_TOO_SLOW,
    ParseException: Refusal(400, "Bad request"),
}
"""The first kind that an error is of counts."""


class BoundedRequest(Request):  # type: ignore[misc]  # gunicorn has no types
    """A request whose head is complete, and within its bounds, before gunicorn parses it."""

    body: Body

    def parse(self, unreader: Any) -> Any:
        """Read the head and parse it; returns what was received of the body."""
        unreader.unread(self._head(unreader))
        return super().parse(unreader)

    def set_body_reader(self) -> None:
        """Choose how the body is read."""
        super().set_body_reader()
        if isinstance(self.body.reader, ChunkedReader):
            self.body = Body(BoundedChunkedReader(self, self.unreader))

    def _head(self, unreader: Any) -> bytes:
        """Return what was received, which begins with a complete head."""
        head = bytearray(self._first_piece(unreader))
        if not self._is_complete(head, 0):
            with gevent.Timeout(HEAD_SECONDS, HeadTooSlow):
                self._complete(head, unreader)
        return bytes(head)

    def _first_piece(self, unreader: Any) -> bytes:
        """Return what there is of the request, once there is anything; ends the connection where nothing comes."""
        with gevent.Timeout(HEAD_SECONDS if self.req_number == 1 else None, False):
            if piece := unreader.read():
                return bytes(piece)
        raise StopIteration

    def _complete(self, head: bytearray, unreader: Any) -> None:
        """Receive until the end of the head is there."""
        complete = False
        while not complete:
            received = len(head)
            piece = unreader.read()
            if not piece:
                raise NoMoreData(bytes(head))
            head += piece
            complete = self._is_complete(head, received)

    def _is_complete(self, head: bytearray, looked_at: int) -> bool:
        """Return whether the end of a head is there, of which ``looked_at`` bytes did not have it."""
        if (
            head.find(_LINE_END, 0, self.limit_request_line + 2) < 0
            and len(head) > self.limit_request_line + 2
        ):
            raise LimitRequestLine(len(head), self.limit_request_line)
        end = head.find(_HEAD_END, max(0, looked_at - 3), LARGEST_HEAD)
        if end < 0 and len(head) >= LARGEST_HEAD:
            raise LimitRequestHeaders("head")
        return end >= 0


class BoundedChunkedReader(ChunkedReader):  # type: ignore[misc]  # gunicorn has no types
    """Reads a chunked body with bounds on all that is not its content."""

    def parse_chunked(self, unreader: Any) -> Iterator[bytes]:
        """Yield the content; what follows the body is left to ``unreader``."""
        held = b""
        chunks = length = 0
        while True:
            line, held = _line(unreader, held, LONGEST_CHUNK_LINE, InvalidChunkExtension)
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
        """Read the trailers, which nothing here uses, and refuse what is none."""
        trailers = []
        left = LARGEST_TRAILERS
        while True:
            line, held = _line(unreader, held, left, ChunkMissingTerminator)
            if not line:
                break
            trailers.append(line)
            left -= len(line)
        if trailers:
            self.req.trailers = self.req.parse_headers(_LINE_END.join(trailers), from_trailer=True)
        unreader.unread(held)


def _line(unreader: Any, held: bytes, longest: int, error: type[Exception]) -> tuple[bytes, bytes]:
    """Return the next line without its end, and what was received after it; raises ``error`` for one too long."""
    looked_at = 0
    while (end := held.find(_LINE_END, max(0, looked_at - 1), longest + 2)) < 0:
        if len(held) >= longest + 2:
            raise error(held[:longest])
        looked_at = len(held)
        piece = unreader.read()
        if not piece:
            raise NoMoreData
        held += piece
    return held[:end], held[end + 2 :]


def _chunk_size(line: bytes) -> int:
    """Return the size that the line before a chunk says; raises what gunicorn does for one that is none."""
    size, semicolon, extensions = line.partition(b";")
    if b"\r" in extensions:
        raise InvalidChunkExtension("bare CR not allowed")
    if semicolon:
        size = size.rstrip(b" \t")
    if not _HEXADECIMAL.fullmatch(size):
        raise InvalidChunkSize(size)
    return int(size, 16)


def answer_to(error: BaseException) -> tuple[int, bytes]:
    """Return the status and the answer to a request that could not be read, and count it."""
    refusal = next((refusal for kind, refusal in _REFUSALS.items() if isinstance(error, kind)), _FAULT)
    refusal_metrics.count(refusal)
    return refusal.status, raw(refusal)


def install() -> None:
    """Have gunicorn read requests this way, in this process."""
    RequestParser.mesg_class = BoundedRequest

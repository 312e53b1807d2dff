"""Request bodies: received completely before they are forwarded, limited in size, and kept on disk from 1 MiB.

A slow client thus occupies a socket of the gateway and nothing in a service, and a request can be sent a second time.
"""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from gunicorn.http.errors import ParseException

from shared import settings
from shared.errors import INVALID, TOO_LARGE, UNAVAILABLE, Refusal

_log = logging.getLogger("bunko.gateway")

MAX_BODY = 32 * 1024 * 1024
"""Default of ``MAX_BODY``, the maximum size of one body in bytes. Pictures are sent as base64."""
MAX_BODIES = 8 * MAX_BODY
"""Default of ``MAX_BODIES``, the maximum size of all bodies in bytes.

It is half of the memory that deploy/manifests/compose.yaml gives a gateway, where the temporary folder is in memory. A
file node decodes two pictures at a time and queues four, so it would refuse more large bodies than fit in here."""
IN_MEMORY = 1024 * 1024
"""A body of more bytes is large: it is kept in the temporary folder. Only pictures are that large."""
_PIECE = 64 * 1024

BROKEN_OFF = INVALID.with_errors({"body": "ended early or was badly framed"})
TOO_SLOW = Refusal(408, "Request timed out")
BODY_BUDGET_SPENT = UNAVAILABLE.with_headers({})

Body = SpooledTemporaryFile[bytes]


class BodyBudget:
    """Limits the bodies that this process holds to ``max_body`` bytes each and ``max_bytes`` in total.

    Counts received bytes, not ``Content-Length``. A quarter of the budget is reserved for small bodies, so that uploads
    cannot block other requests.
    """

    def __init__(self, max_body: int, max_bytes: int) -> None:
        self._max_body = max_body
        self._max_bytes = max_bytes
        self._max_bytes_with_large = max_bytes * 3 // 4
        self._used = 0

    @contextmanager
    def receive(self, environ: Mapping[str, Any]) -> Iterator[Body | None]:
        """Receive the request's body and hold it, rewound, during the ``with`` block; None where there is no body.

        Raises 413 where it is too large and 503 where the budget is spent, before reading where the length is declared;
        400 where it ends early, and 408 where the client stops sending.
        """
        declared = environ.get("CONTENT_LENGTH")
        if declared is None and "HTTP_TRANSFER_ENCODING" not in environ:
            yield None
            return
        self.check(environ)
        length = 0
        try:
            with Body(max_size=IN_MEMORY) as body:
                for piece in _pieces(environ["wsgi.input"]):
                    self._check(length, len(piece))
                    self._used += len(piece)
                    length += len(piece)
                    _write(body, piece)
                    if length > IN_MEMORY:
                        # gevent yields only on a blocking read: a fast client would delay all other requests.
                        time.sleep(0)
                if declared is not None and length < int(declared):
                    raise BROKEN_OFF
                body.seek(0)
                yield body
        finally:
            self._used -= length

    def check(self, environ: Mapping[str, Any]) -> None:
        """Check the declared length of a body; raises 413 and 503 as ``receive`` does."""
        self._check(0, int(environ.get("CONTENT_LENGTH", 0)))

    def _check(self, length: int, more: int) -> None:
        """Raise 413 or 503 if a body of ``length`` bytes may not grow by ``more`` bytes."""
        if length + more > self._max_body:
            raise TOO_LARGE
        if self._used + more > (
            self._max_bytes if length + more <= IN_MEMORY else self._max_bytes_with_large
        ):
            raise BODY_BUDGET_SPENT


def is_large(environ: Mapping[str, Any]) -> bool:
    """Return whether a request's body is large, or may be because its length is not declared."""
    return "HTTP_TRANSFER_ENCODING" in environ or int(environ.get("CONTENT_LENGTH", 0)) > IN_MEMORY


def from_environment() -> BodyBudget:
    """Return the budget set by ``MAX_BODY`` and ``MAX_BODIES``."""
    max_body, max_bytes = settings.whole("MAX_BODY", MAX_BODY), settings.whole("MAX_BODIES", MAX_BODIES)
    if max_bytes * 3 // 4 < max_body:
        raise settings.Unusable(f"MAX_BODIES must be 4/3 of MAX_BODY ({max_body}) or more, not {max_bytes}.")
    return BodyBudget(max_body, max_bytes)


def _pieces(source: IO[bytes]) -> Iterator[bytes]:
    """Yield the body in the pieces in which it arrives."""
    try:
        while piece := source.read(_PIECE):
            yield piece
    except TimeoutError:
        raise TOO_SLOW from None
    except (OSError, ParseException):
        raise BROKEN_OFF from None


def _write(body: Body, piece: bytes) -> None:
    """Append to the body; raises 503 where writing to the temporary folder fails."""
    try:
        body.write(piece)
    except OSError as error:
        _log.error("a body cannot be kept in the temporary folder: %s", error)
        raise BODY_BUDGET_SPENT from None

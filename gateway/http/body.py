"""Request bodies: read whole before a service hears of them, bounded each and together, on disk from 1 MiB.

A slow client then ties up a socket here and nothing in any service, and a request can be sent a second time.
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
"""Bytes a body may have unless ``MAX_BODY`` says otherwise: pictures travel as base64."""
MAX_BODIES = 8 * MAX_BODY
"""Bytes of bodies that a gateway holds at once unless ``MAX_BODIES`` says otherwise.

Half of what deploy/manifests/compose.yaml gives a gateway, where the temporary folder is memory as well. A node
decodes two pictures at a time and lets four more wait: more large bodies than this has room for would be refused there.
"""
IN_MEMORY = 1024 * 1024
"""Bytes from which a body is large: it lies in the temporary folder, and nothing but pictures needs as many."""
_PIECE = 64 * 1024

BROKEN_OFF = INVALID.with_errors({"body": "ended early or was badly framed"})
TOO_SLOW = Refusal(408, "Request timed out")
BODY_BUDGET_SPENT = UNAVAILABLE.with_headers({})

Body = SpooledTemporaryFile[bytes]


class BodyBudget:
    """The bodies that this process holds: each has ``largest`` bytes at most, all together ``most``.

    What is counted has arrived: who only declares takes nothing from anybody. A quarter is left to bodies that are not
    large, so that uploads, or who pretends to make some, do not keep others from their work.
    """

    def __init__(self, max_body: int, max_bytes: int) -> None:
        self._max_body = max_body
        self._max_bytes = max_bytes
        self._max_bytes_with_large = max_bytes * 3 // 4
        self._used = 0

    @contextmanager
    def receive(self, environ: Mapping[str, Any]) -> Iterator[Body | None]:
        """Hold the request's body, rewound, during the ``with`` block; None where it has none.

        Raises 413 where it is too large and 503 where there is no room for it, before reading any where the length is
        declared; 400 for a body that ends early, and 408 for one that stops coming.
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
                        time.sleep(
                            0
                        )  # gevent yields only where it must wait: a quick sender would stop all others
                if declared is not None and length < int(declared):
                    raise BROKEN_OFF
                body.seek(0)
                yield body
        finally:
            self._used -= length

    def check(self, environ: Mapping[str, Any]) -> None:
        """Refuse a body by its declared length, as ``received`` does."""
        self._check(0, int(environ.get("CONTENT_LENGTH", 0)))

    def _check(self, length: int, more: int) -> None:
        """Refuse a body of which there are ``length`` bytes if it may not have so many ``more``."""
        if length + more > self._max_body:
            raise TOO_LARGE
        if self._used + more > (
            self._max_bytes if length + more <= IN_MEMORY else self._max_bytes_with_large
        ):
            raise BODY_BUDGET_SPENT


def is_large(environ: Mapping[str, Any]) -> bool:
    """Whether a request's body is large, or may be, as its length is not declared."""
    return "HTTP_TRANSFER_ENCODING" in environ or int(environ.get("CONTENT_LENGTH", 0)) > IN_MEMORY


def from_environment() -> BodyBudget:
    """Return what the environment allows."""
    largest, most = settings.whole("MAX_BODY", MAX_BODY), settings.whole("MAX_BODIES", MAX_BODIES)
    if most * 3 // 4 < largest:
        raise settings.Unusable(f"MAX_BODIES must be 4/3 of MAX_BODY ({largest}) or more, not {most}.")
    return BodyBudget(largest, most)


def _pieces(source: IO[bytes]) -> Iterator[bytes]:
    """Yield the body as it comes in."""
    try:
        while piece := source.read(_PIECE):
            yield piece
    except TimeoutError:
        raise TOO_SLOW from None
    except (OSError, ParseException):
        raise BROKEN_OFF from None


def _write(body: Body, piece: bytes) -> None:
    """Add to a body what came; raises 503 where the temporary folder takes no more."""
    try:
        body.write(piece)
    except OSError as error:
        _log.error("a body cannot be kept in the temporary folder: %s", error)
        raise BODY_BUDGET_SPENT from None

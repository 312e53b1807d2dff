"""Request bodies: read whole before a service hears of them, bounded, on disk from 1 MiB.

A slow client then ties up a socket here and nothing in any service, and a request can be sent a second time.
"""

from collections.abc import Mapping
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from gunicorn.http.errors import ParseException

from shared.refusals import INVALID, TOO_LARGE, Refusal

MAX_BODY = 32 * 1024 * 1024
"""Bytes a body may have unless ``MAX_BODY`` says otherwise: pictures travel as base64."""
IN_MEMORY = 1024 * 1024
_PIECE = 64 * 1024

BROKEN_OFF = INVALID.with_errors({"body": "ended early or was badly framed"})
TOO_SLOW = Refusal(408, "Request timed out")

Body = SpooledTemporaryFile[bytes]


def receive(environ: Mapping[str, Any], limit: int) -> Body | None:
    """Return the request's body, rewound; None where it has none.

    Raises 413 for more than ``limit`` bytes, before reading any where the length is declared; 400 for a body that
    ends early, and 408 for one that stops coming.
    """
    declared = environ.get("CONTENT_LENGTH")
    if declared is None and "HTTP_TRANSFER_ENCODING" not in environ:
        return None
    if declared is not None and int(declared) > limit:
        raise TOO_LARGE
    body = Body(max_size=IN_MEMORY)
    try:
        length = _copy(environ["wsgi.input"], body, limit)
        if declared is not None and length < int(declared):
            raise BROKEN_OFF
    except BaseException:
        body.close()
        raise
    body.seek(0)
    return body


def _copy(source: IO[bytes], body: Body, limit: int) -> int:
    """Copy the body and return its length."""
    length = 0
    try:
        while piece := source.read(_PIECE):
            length += len(piece)
            if length > limit:
                raise TOO_LARGE
            body.write(piece)
    except TimeoutError:
        raise TOO_SLOW from None
    except (OSError, ParseException):
        raise BROKEN_OFF from None
    return length

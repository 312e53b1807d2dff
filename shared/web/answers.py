"""Return types of handlers, and the response for a refusal."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from flask import Response
from pydantic_core import to_json

from shared.errors import Refusal

Document = TypeVar("Document")


@dataclass(frozen=True, slots=True)
class Json(Generic[Document]):
    """A document as JSON text, built by PostgreSQL."""

    text: str | bytes


@dataclass(frozen=True, slots=True)
class Stream(Generic[Document]):
    """A document that is sent while it is read, as pieces of JSON text.

    Pieces are produced after the handler has returned. The generator opens its own database connection.
    """

    pieces: Generator[bytes, None, None]


@dataclass(frozen=True, slots=True)
class DocumentWithHeaders(Generic[Document]):
    """A document and additional response headers, such as a cookie."""

    document: Document
    headers: Sequence[tuple[str, str]] = ()


def error_response(refusal: Refusal) -> Response:
    """Return the Flask response for a refusal."""
    response = Response(to_json(refusal.document()), refusal.status, mimetype="application/json")
    response.headers.update(refusal.headers)
    return response


def with_first(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    """Yield ``first``, which was read ahead, then ``rest``."""
    yield first
    yield from rest

"""What a handler may answer beside a plain document, and how it becomes a response."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from flask import Response
from pydantic_core import to_json

from shared.errors import Refusal

if TYPE_CHECKING:
    pass

Document = TypeVar("Document")


@dataclass(frozen=True, slots=True)
class Json(Generic[Document]):
    """A document that is JSON text already, as PostgreSQL builds it."""

    text: str | bytes


@dataclass(frozen=True, slots=True)
class Stream(Generic[Document]):
    """A document that is sent while it is still being read, in pieces of JSON text.

    They are made when all is said about the request: what they are read from they open themselves.
    """

    pieces: Generator[bytes, None, None]


@dataclass(frozen=True, slots=True)
class DocumentWithHeaders(Generic[Document]):
    """A document with response headers of its own, such as a cookie."""

    document: Document
    headers: Sequence[tuple[str, str]] = ()


def error_response(refusal: Refusal) -> Response:
    """Return the response of a refusal."""
    response = Response(to_json(refusal.document()), refusal.status, mimetype="application/json")
    response.headers.update(refusal.headers)
    return response


def _resumed(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest

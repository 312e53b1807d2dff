"""Normalises request targets, and refuses ambiguous ones.

Requests bypass access checks where gateway and service read a path differently. So each path is decoded once and
encoded again: the gateway routes and signs the same characters that the service receives.
"""

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

from shared.errors import INVALID, Refusal

MAX_PATH, MAX_TARGET = 4096, 8000
"""Characters, percent-encoded. The path is also sent in a header, and services accept lines of 8190 bytes."""

_UNQUOTED_IN_PATH = "/!$&'()*+,;=:@"
_UNQUOTED_IN_QUERY = _UNQUOTED_IN_PATH + "?%"
_DOT_SEGMENTS_AND_CONTROLS = re.compile(r"%(?:2e|2f|5c|00)|#", re.IGNORECASE)
_PLAIN_PATH = re.compile(r"[/A-Za-z0-9_.-]*")
_PLAIN_QUERY = re.compile(r"[A-Za-z0-9_.~=&+-]*")
_PERCENT = re.compile(r"%([0-9A-Fa-f]{2})?")

TOO_LONG = Refusal(414, "Request address too long")
REFUSED = INVALID.with_errors(
    {"path": "must be plain UTF-8 without dot segments, backslashes or control characters"}
)


@dataclass(frozen=True, slots=True)
class RequestTarget:
    """A normalised request target."""

    path: str
    """Percent-encoded; empty segments and a trailing slash are preserved."""
    segments: tuple[str, ...]
    """The decoded segments of the path."""
    query: str

    @property
    def raw(self) -> str:
        """Path and query as sent to a service."""
        return f"{self.path}?{self.query}" if self.query else self.path


def parse(target: str) -> RequestTarget:
    """Return the normalised ``target`` of a request line (Latin-1, as in WSGI).

    Raises 400 for dot segments, backslashes, encoded slashes, dots and NULs, control characters, a fragment, invalid
    UTF-8, and a target that is not a path; 414 for one that is too long to be forwarded.
    """
    path, _, query = target.partition("?")
    if not path.startswith("/") or _DOT_SEGMENTS_AND_CONTROLS.search(path):
        raise REFUSED
    text = path if _PLAIN_PATH.fullmatch(path) else _decoded(path)
    segments = tuple(text.split("/")[1:])
    if "." in segments or ".." in segments:
        raise REFUSED
    parsed = RequestTarget(quote(text, safe=_UNQUOTED_IN_PATH), segments, _normalised(query))
    if len(parsed.path) > MAX_PATH or len(parsed.raw) > MAX_TARGET:
        raise TOO_LONG
    return parsed


def _decoded(path: str) -> str:
    try:
        text = unquote_to_bytes(path.encode("latin-1")).decode()
    except UnicodeError:
        raise REFUSED from None
    if "\\" in text or any(unicodedata.category(character) == "Cc" for character in text):
        raise REFUSED
    return text


def _normalised(query: str) -> str:
    """Return the query with invalid characters percent-encoded and hex digits in upper case."""
    if _PLAIN_QUERY.fullmatch(query):
        return query
    escaped = _PERCENT.sub(lambda found: f"%{(found[1] or '25').upper()}", query)
    return quote(escaped.encode("latin-1"), safe=_UNQUOTED_IN_QUERY)

"""Paths: brought to one spelling before anything is decided by them, or refused.

A path that gateway and service read differently is how requests reach what they should not. So each path is
decoded once and encoded again: what the gateway routes by, what it signs, and what the service receives
are the same characters.
"""

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

from shared.errors import INVALID, Refusal

MAX_PATH, MAX_TARGET = 4096, 8000
"""Characters, percent-encoded: the path travels in a header too, and services read lines of 8190 bytes."""

_PLAIN_IN_PATH = "/!$&'()*+,;=:@"
_PLAIN_IN_QUERY = _PLAIN_IN_PATH + "?%"
_DOT_SEGMENTS_AND_CONTROLS = re.compile(r"%(?:2e|2f|5c|00)|#", re.IGNORECASE)
_USUAL_PATH = re.compile(r"[/A-Za-z0-9_.-]*")
_USUAL_QUERY = re.compile(r"[A-Za-z0-9_.~=&+-]*")
_PERCENT = re.compile(r"%([0-9A-Fa-f]{2})?")

TOO_LONG = Refusal(414, "Request address too long")
REFUSED = INVALID.with_errors(
    {"path": "must be plain UTF-8 without dot segments, backslashes or control characters"}
)


@dataclass(frozen=True, slots=True)
class RequestTarget:
    """Where a request goes, in the one spelling that everybody sees."""

    path: str
    """Percent-encoded; empty segments and a trailing slash stay as they were sent."""
    segments: tuple[str, ...]
    """The path's decoded parts."""
    query: str

    @property
    def raw(self) -> str:
        """Path and query, as sent to a service."""
        return f"{self.path}?{self.query}" if self.query else self.path


def parse(target: str) -> RequestTarget:
    """Return the address in a request line's ``target`` (Latin-1, as WSGI hands it over).

    Raises 400 for dot segments, backslashes, encoded slashes, dots and NULs, control characters, a fragment, and
    anything that is not UTF-8 or no path at all; 414 for what is too long to be passed on.
    """
    path, _, query = target.partition("?")
    if not path.startswith("/") or _DOT_SEGMENTS_AND_CONTROLS.search(path):
        raise REFUSED
    text = path if _USUAL_PATH.fullmatch(path) else _decoded(path)
    segments = tuple(text.split("/")[1:])
    if "." in segments or ".." in segments:
        raise REFUSED
    address = RequestTarget(quote(text, safe=_PLAIN_IN_PATH), segments, _normalised(query))
    if len(address.path) > MAX_PATH or len(address.raw) > MAX_TARGET:
        raise TOO_LONG
    return address


def _decoded(path: str) -> str:
    try:
        text = unquote_to_bytes(path.encode("latin-1")).decode()
    except UnicodeError:
        raise REFUSED from None
    if "\\" in text or any(unicodedata.category(character) == "Cc" for character in text):
        raise REFUSED
    return text


def _normalised(query: str) -> str:
    """Return the query with what no query may hold percent-encoded in capitals; what it says stays the same."""
    if _USUAL_QUERY.fullmatch(query):
        return query
    escaped = _PERCENT.sub(lambda found: f"%{(found[1] or '25').upper()}", query)
    return quote(escaped.encode("latin-1"), safe=_PLAIN_IN_QUERY)

"""Headers that the gateway forwards: an allow-list for requests; all but hop-by-hop headers for responses.

Requests have an allow-list because deny-lists miss alternative spellings (``_``, ``.``, case).
"""

from collections.abc import Iterable, Iterator, Mapping

from shared import read_your_writes
from shared.errors import Refusal
from shared.observability import server_timing

FORWARDED = (
    "Accept",
    "Accept-Language",
    "Content-Type",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "If-Range",
    "If-Unmodified-Since",
    "Range",
    "User-Agent",
)
"""Request headers that are forwarded to a service."""

LONGEST_VALUE = 1024
"""Maximum characters of a header that a service parses, with all its lines joined.

Werkzeug's parsers of lists and dates take quadratic time: 0.3 s for 8 KiB of blanks. At this length the worst case is
5 ms; browsers send a fifth of it.
"""
TOO_LARGE = Refusal(431, "Request headers too large")
HEAD_TOO_SLOW = Refusal(408, "Request timed out")

_WSGI_NAMES = {
    name: "CONTENT_TYPE" if name == "Content-Type" else "HTTP_" + name.upper().replace("-", "_")
    for name in FORWARDED
}

_PARSED = (*_WSGI_NAMES.values(), "HTTP_HOST", "HTTP_TRACEPARENT")

_HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_WAL_POSITION = read_your_writes.HEADER.lower()
_GATEWAY_OWN = frozenset(
    {"date", "server", "x-request-id", server_timing.SERVICE_HEADER.lower(), _WAL_POSITION}
)
_CORS = "access-control-"
COOKIE_ISSUER = "users"
"""The only service that may set cookies."""


def check_lengths(environ: Mapping[str, object]) -> None:
    """Raise 431 for a header that is longer than ``LONGEST_VALUE``."""
    for key in _PARSED:
        if len(str(environ.get(key, ""))) > LONGEST_VALUE:
            raise TOO_LARGE


def request_headers(environ: Mapping[str, object]) -> dict[str, str]:
    """Return the headers of a client's request that are forwarded."""
    headers = {name: str(environ[key]) for name, key in _WSGI_NAMES.items() if environ.get(key)}
    if position := read_your_writes.read_cookie(str(environ.get("HTTP_COOKIE", ""))):
        headers[read_your_writes.HEADER] = position
    return headers


def response_headers(headers: Iterable[tuple[str, str]], service: str) -> Iterator[tuple[str, str]]:
    """Return the headers of a service's response that are forwarded to the client."""
    received = list(headers)
    named = {
        name.strip().lower()
        for header, value in received
        if header.lower() == "connection"
        for name in value.split(",")
    }
    for header, value in received:
        name = header.lower()
        if name in _HOP_BY_HOP or name in _GATEWAY_OWN or name in named or name.startswith(_CORS):
            if name == _WAL_POSITION:
                yield "Set-Cookie", read_your_writes.cookie(value)
            continue
        if name == "set-cookie" and service != COOKIE_ISSUER:
            continue
        yield header, value

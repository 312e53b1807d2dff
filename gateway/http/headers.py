"""Which headers cross the gateway: a short list inwards, all but the connection's own outwards.

Lists of what to remove fail again and again, on another spelling (``_``, ``.``, case); what is on no list of
what to keep has no spelling that gets through.
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
"""The client's headers that a service gets to see."""

LONGEST_VALUE = 1024
"""Characters of a header that a program parses, all its lines joined.

Parsers of lists and dates take time that grows with the square of the length: 8 KiB of blanks cost werkzeug 0.3 s. At
this length the worst takes 5 ms, and browsers send a fifth of it.
"""
TOO_LARGE = Refusal(431, "Request headers too large")
HEAD_TOO_SLOW = Refusal(408, "Request timed out")

_WSGI_NAMES = {
    name: "CONTENT_TYPE" if name == "Content-Type" else "HTTP_" + name.upper().replace("-", "_")
    for name in FORWARDED
}

_PARSED = (*_WSGI_NAMES.values(), "HTTP_HOST", "HTTP_TRACEPARENT")

_CONNECTION_OWN = frozenset(
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
"""The one service that may set cookies."""


def check_lengths(environ: Mapping[str, object]) -> None:
    """Refuse (431) a request with a header too long to be parsed by whoever gets it."""
    for key in _PARSED:
        if len(str(environ.get(key, ""))) > LONGEST_VALUE:
            raise TOO_LARGE


def request_headers(environ: Mapping[str, object]) -> dict[str, str]:
    """Return the headers of a client's request that travel on."""
    headers = {name: str(environ[key]) for name, key in _WSGI_NAMES.items() if environ.get(key)}
    if position := read_your_writes.read_cookie(str(environ.get("HTTP_COOKIE", ""))):
        headers[read_your_writes.HEADER] = position
    return headers


def response_headers(headers: Iterable[tuple[str, str]], service: str) -> Iterator[tuple[str, str]]:
    """Return the headers of a service's answer that the client gets."""
    given = list(headers)
    named = {
        name.strip().lower()
        for header, value in given
        if header.lower() == "connection"
        for name in value.split(",")
    }
    for header, value in given:
        name = header.lower()
        if name in _CONNECTION_OWN or name in _GATEWAY_OWN or name in named or name.startswith(_CORS):
            if name == _WAL_POSITION:
                yield "Set-Cookie", read_your_writes.cookie(value)
            continue
        if name == "set-cookie" and service != COOKIE_ISSUER:
            continue
        yield header, value

"""An attempt at a slow request: a route, a role, and contents at positions.

An attempt is written as one line, such as ``POST /auth/login as anonymous: body.username=marks:65536``, and parsed from
it, so that a costly one can be repeated.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from tests.load.fuzzing.slow.contents import FRAGMENTS, HEADERS, TEXTS
from tests.load.fuzzing.slow.routes import Route, body_of

MIB = 1024 * 1024
ROLES = ("anonymous", "member", "administrator")
LIMITS = {"path": 4000, "query": 4000, "header": 760_000, "body": 32 * MIB}
"""Bytes in each kind of position from which a request is refused unread."""
_LINE = 8000
"""Bytes in a line of a header; longer contents are sent in several lines."""
_LINES = 95
_AIM, _AIM_WITH_ACCOUNT = 0.1, 0.5
_ATTEMPT = re.compile(r"(\w+ \S+) as (\w+):(.*)")
_PLACEMENT = re.compile(r"(\S+)=([a-z0-9-]+):(\d+)")


@dataclass(frozen=True)
class Placement:
    """``content`` of so many bytes at ``position``."""

    position: str
    content: str
    size: int

    @property
    def kind(self) -> str:
        """The part of the request: path, query, header or body."""
        return self.position.partition(".")[0]

    @property
    def key(self) -> str:
        """The position in that part."""
        return self.position.partition(".")[2]

    def __str__(self) -> str:
        return f"{self.position}={self.content}:{self.size}"


@dataclass(frozen=True)
class Attempt:
    """One request that may be costly."""

    route: Route
    role: str
    placements: tuple[Placement, ...] = ()

    def __str__(self) -> str:
        return f"{self.route.name} as {self.role}: {' '.join(map(str, self.placements))}".rstrip()

    @property
    def size(self) -> int:
        """Approximate bytes of content."""
        return sum(placement.size for placement in self.placements)

    @property
    def aim(self) -> float:
        """Seconds of CPU that it may cost one program."""
        return _AIM if self.role == "anonymous" and self.size <= 1.1 * MIB else _AIM_WITH_ACCOUNT


@dataclass(frozen=True)
class Request:
    """The request, without the headers of the caller."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


def read(line: str, routes: Mapping[str, Route]) -> Attempt:
    """Return the attempt that a line describes; ``routes`` are found by their names."""
    found = _ATTEMPT.fullmatch(line.strip())
    if not found or found[1] not in routes or found[2] not in ROLES:
        raise ValueError(f"not an attempt: {line!r}")
    placements = (
        Placement(where, content, int(size)) for where, content, size in _PLACEMENT.findall(found[3])
    )
    return Attempt(routes[found[1]], found[2], tuple(placements))


def contents_for(kind: str) -> list[str]:
    """Return the names of the contents for a kind of position."""
    return sorted({"header": HEADERS, "body": FRAGMENTS}.get(kind, TEXTS))


def request(attempt: Attempt, parameters: Mapping[str, str]) -> Request:
    """Return the request of an attempt; ``parameters`` are the values of the path's parts that it leaves alone."""
    route, parts = attempt.route, dict(parameters)
    query, headers, fragments = [], [], {}
    for placement in attempt.placements:
        if placement.kind == "header":
            line = HEADERS[placement.content](min(placement.size, _LINE))
            headers += [(placement.key, line)] * min(_LINES, max(1, placement.size // _LINE))
        elif placement.kind == "body":
            fragments[placement.position] = FRAGMENTS[placement.content](placement.size)
        elif placement.kind == "path":
            parts[placement.key] = _quoted(placement)
        else:
            query.append(f"{placement.key}={_quoted(placement)}")
    target = route.path.format_map(parts) + ("?" + "&".join(query) if query else "")
    return Request(route.method, target, tuple(headers), _body(route, fragments))


def _quoted(placement: Placement) -> str:
    """Return a content encoded for a URL, no longer than its size."""
    make, size = TEXTS[placement.content], placement.size
    text = quote(make(size), safe="")
    return text if len(text) <= size else quote(make(size * size // len(text)), safe="")


def _body(route: Route, fragments: Mapping[str, bytes]) -> bytes:
    if "body" in fragments:
        return fragments["body"]
    return body_of(route, fragments) if fragments or route.example is not None else b""

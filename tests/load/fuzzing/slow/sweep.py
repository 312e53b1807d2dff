"""The first part of a search: each effective content in all texts of a route at once, and in all its headers."""

from collections.abc import Iterator, Sequence

from tests.load.fuzzing.slow.attempts import LIMITS, MIB, Attempt, Placement, contents_for
from tests.load.fuzzing.slow.contents import EFFECTIVE, STRUCTURES
from tests.load.fuzzing.slow.routes import HEADERS, Route

_SIZE = 64_000
"""Size from which quadratic work costs a second or more."""
_ALL_TEXTS = 900_000
"""Bytes of a body, below the limit of JSON bodies."""
_LARGEST = 31 * MIB
"""Bytes of a body with a picture."""
_HEADER = 40_000
"""Bytes in each header, in lines of 8,000: in total the most lines that gunicorn reads."""
_DECIDING = frozenset({"Authorization", "Content-Type", "Origin", "Sec-Fetch-Site"})
"""Headers that get a request refused before the others are read."""


def sweep(route: Route, role: str) -> Iterator[Attempt]:
    """Yield the attempts for one route, as a role with its permission."""
    positions = route.positions()
    bodies = [position for position in positions if position.startswith("body.")]
    queries = [position for position in positions if position.startswith("query.")]
    headers = [f"header.{name}" for name in HEADERS if name not in _DECIDING]
    yield from _everywhere(route, role, bodies, min(_SIZE, _ALL_TEXTS // max(1, len(bodies))))
    yield from _everywhere(route, role, queries, LIMITS["query"] // len(queries))
    yield from _everywhere(route, role, headers, _HEADER)
    structures = sorted(name for name in EFFECTIVE if name in STRUCTURES)
    if "body.image" in bodies:
        yield Attempt(route, role, (Placement("body.image", "base64", _LARGEST),))
        yield from (
            Attempt(route, role, (Placement("body.unknown", content, _LARGEST),)) for content in structures
        )
    if bodies:
        yield from (Attempt(route, role, (Placement("body", content, _ALL_TEXTS),)) for content in structures)


def _everywhere(route: Route, role: str, positions: Sequence[str], size: int) -> Iterator[Attempt]:
    for content in contents_for(positions[0].partition(".")[0]) if positions else ():
        if content in EFFECTIVE:
            yield Attempt(route, role, tuple(Placement(position, content, size) for position in positions))

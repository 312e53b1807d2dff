"""Variations of requests: Schemathesis makes valid and invalid ones slowly, so each is varied a hundred times.

A variation takes parts from other requests to the same operation, inserts odd values, drops and doubles
parts, or damages the text of its body. The requests depend only on the seed of ``chance``.
"""

import copy
import json
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

NEAR = 12
"""Most ids are mapped to 1..NEAR, where entries exist."""

_TEXTS = (
    *(
        "",
        " ",
        "\x00",
        "a\x00b",
        "\ud800",
        "\u202e",
        "é",
        "e\u0301",
        "ﬀ",
        "İ",
        "鬼滅",
        "𝔘𝔫𝔦",
        "👩‍👩‍👧",
        "\ufeffx",
        "\r\nX: y",
    ),
    *(
        "%",
        "%00",
        "%2e%2e",
        "..",
        "../..",
        "\\",
        "'",
        '"',
        "' OR 1=1 --",
        "<script>",
        "${7*7}",
        "{{7*7}}",
        "null",
    ),
    *(
        "true",
        "TRUE",
        "0",
        "1",
        "-1",
        "+1",
        "01",
        "1.0",
        "1e3",
        "0x1",
        "١",
        "9" * 30,
        "NaN",
        "x" * 255,
        "x" * 256,
        "x" * 20_001,
    ),
    *(
        "1001-01-01",
        "2100-01-01",
        "0000-00-00",
        "2024-02-30",
        "9999-12-31",
        "10000-01-01",
        "2024-01-01T00:00:00Z",
    ),
    *(
        "978-0-306-40615-7",
        "9780306406158",
        "http://example.org/",
        "javascript:alert(1)",
        "file:///etc/hostname",
    ),
)
_NUMBERS = (
    *(0, 1, -1, 2, 10, 255, 256, 2**31 - 1, 2**31, 2**53 - 1, 2**53, 2**63 - 1, 2**63, 10**29),
    *(0.5, -0.5, 1.0, 1.1, 9.75, 1e-300, 1e300, float("nan"), float("inf"), -0.0),
)
_ODD: tuple[Any, ...] = (
    None,
    True,
    False,
    [],
    {},
    [[]],
    [None],
    {"": ""},
    {"id": 1},
    {"id": None},
    [1, 1],
    ["1", 1],
)
_DEPTH = 100
_MOST_CHANGES = 3

Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Asked:
    """A request to an operation: path parts, query, and a JSON document or no body."""

    path: dict[str, Any]
    query: dict[str, Any]
    body: Any
    has_body: bool

    def target(self, template: str) -> str:
        """Return path and query for the operation at ``template``."""
        parts = {
            name: quote(written(value), safe="", errors="surrogatepass") for name, value in self.path.items()
        }
        path = template.format_map(parts)
        pairs = [
            (name, written(one))
            for name, value in self.query.items()
            for one in (value if isinstance(value, list) else [value])
        ]
        query = urlencode(pairs, errors="surrogatepass")
        return f"{path}?{query}" if query else path

    def text(self) -> bytes:
        """Return the encoded body."""
        return json.dumps(self.body).encode() if self.has_body else b""


def varied(asked: Sequence[Asked], chance: Random) -> Asked:
    """Return another request like those ``asked``."""
    document = copy.deepcopy(_tree(chance.choice(asked)))
    for _ in range(chance.randint(1, _MOST_CHANGES)):
        _change(document, _tree(chance.choice(asked)), chance)
    path = {name: value if written(value) else "0" for name, value in document["path"].items()}
    return Asked(path, document["query"], document.get("body"), "body" in document)


def damaged(text: bytes, chance: Random) -> bytes:
    """Return a body's text truncated, with a piece removed, doubled or inserted, in another encoding, or twice."""
    place, length = chance.randrange(len(text)), chance.randint(1, 8)
    return chance.choice(
        [
            text[:place] or b"{",
            text[:place] + text[place + length :] or b"[",
            text[:place] + text[max(0, place - length) : place] + text[place:],
            text[:place] + chance.randbytes(length) + text[place:],
            text.decode("utf-8", "replace").encode("utf-16"),
            text + text,
        ]
    )


def _tree(asked: Asked) -> dict[str, Any]:
    """Return a request as one document, so that all its parts are changed in one way."""
    return {"path": asked.path, "query": asked.query} | ({"body": asked.body} if asked.has_body else {})


def _places(value: Any, place: Place = ()) -> list[Place]:
    """Return the positions of a document, containers included."""
    inner: Any = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return [place, *(found for key, part in inner for found in _places(part, (*place, key)))]


def _change(document: dict[str, Any], other: dict[str, Any], chance: Random) -> None:
    """Change one value of path, query or body."""
    places = [place for place in _places(document) if len(place) > 1 or place == ("body",)]
    if not places:
        return
    *above, key = chance.choice(places)
    parent = _at(document, above)
    ways = [_from(other, (*above, key)), _hostile(parent[key], chance), _hostile(parent[key], chance)]
    if above != ["path"] and isinstance(parent, dict) and above and chance.random() < 0.2:
        del parent[key]
    else:
        parent[key] = copy.deepcopy(chance.choice(ways))


def _at(document: Any, place: Sequence[str | int]) -> Any:
    for key in place:
        document = document[key]
    return document


def _from(other: Any, place: Place) -> Any:
    """Return the value of another request at a position; None if it has none."""
    try:
        return _at(other, place)
    except (KeyError, IndexError, TypeError):
        return None


def _hostile(value: Any, chance: Random) -> Any:
    """Return a replacement for ``value``: often of its type and close to it."""
    kind = chance.random()
    if isinstance(value, list | dict) and value and kind < 0.5:
        return _reshaped(value, chance)
    if isinstance(value, int) and kind < 0.5:
        return chance.choice([chance.randint(1, NEAR), value + 1, value - 1, -value, str(value), [value]])
    if isinstance(value, str) and value and kind < 0.3:
        place = chance.randrange(len(value))
        return value[:place] + chance.choice(_TEXTS[:30]) + value[place:]
    if kind > 0.98:
        return _deep()
    return chance.choice(chance.choice([_TEXTS, _NUMBERS, _ODD, range(1, NEAR + 1)]))


def _reshaped(value: Any, chance: Random) -> Any:
    if isinstance(value, list):
        return chance.choice([value * 2, value[1:], value[::-1], [*value, chance.choice(_ODD)], value * 200])
    return chance.choice(
        [value | {"unknown": 1}, dict(list(value.items())[1:]), [value], value | {next(iter(value)): None}]
    )


def _deep() -> Any:
    value: Any = []
    for _ in range(_DEPTH):
        value = [value]
    return value


def written(value: Any) -> str:
    """Return a value as text for a URL."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value)

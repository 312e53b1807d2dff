"""The routes of an OpenAPI document, and every position in their requests."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

HEADERS = (
    *("Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Content-Type", "Cookie", "Forwarded"),
    *("If-Match", "If-Modified-Since", "If-None-Match", "If-Range", "Origin", "Prefer", "Range", "Referer"),
    *("Sec-Fetch-Site", "User-Agent", "X-Forwarded-For", "X-Request-Id", "traceparent"),
)
_METHODS = frozenset({"get", "post", "put", "patch", "delete"})
_DEPTH = 4
"""Levels of a body whose positions are filled individually."""

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Route:
    """One operation, with a valid request."""

    method: str
    path: str
    parameters: Mapping[str, str]
    """Part of the path -> a valid value."""
    query: Sequence[str]
    example: Any
    """A valid body; None if it takes none."""
    body: Any
    """The same with an item in every list and object; it may be refused."""

    @property
    def name(self) -> str:
        """Its name in reports."""
        return f"{self.method} {self.path}"

    def positions(self) -> list[str]:
        """Return every position: ``query.search``, ``header.Accept``, ``body.links.0.name``."""
        found = [f"header.{name}" for name in HEADERS]
        found += [f"path.{name}" for name in self.parameters]
        found += [f"query.{name}" for name in (*self.query, "unknown")]
        # A body is read even if the operation takes none.
        found.append("body")
        if isinstance(self.body, dict):
            found += ["body.unknown", *(written(place) for place in _places(self.body))]
        return found


def routes(document: Mapping[str, Any]) -> list[Route]:
    """Return all routes of a document."""
    return [
        _route(document, method, path, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method in _METHODS
    ]


def _route(document: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any]) -> Route:
    given = operation.get("parameters", ())
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    example = content.get("example")
    body = _filled(document, content["schema"], example) if content else None
    return Route(
        method.upper(),
        path,
        {one["name"]: _parameter(one) for one in given if one["in"] == "path"},
        [one["name"] for one in given if one["in"] == "query"],
        example,
        body,
    )


def _parameter(said: Mapping[str, Any]) -> str:
    schema = said.get("schema", {})
    value = said.get("example", schema.get("example", next(iter(schema.get("enum", ())), None)))
    return str(value) if value is not None else "1" if schema.get("type") == "integer" else "a"


def _filled(document: Mapping[str, Any], schema: Mapping[str, Any], example: Any, depth: int = 0) -> Any:
    """Return the ``example`` with an item in each list of its schema: an empty list would not be examined."""
    schema = _resolved(document, schema)
    if depth > _DEPTH:
        return example
    if isinstance(example, list) and "items" in schema:
        return example or [_filled(document, schema["items"], None, depth + 1)]
    properties = schema.get("properties", {})
    if properties:
        known = example if isinstance(example, dict) else {}
        return known | {
            name: _filled(document, inner, known.get(name), depth + 1) for name, inner in properties.items()
        }
    if example is not None:
        return example
    return [_filled(document, schema["items"], None, depth + 1)] if "items" in schema else _simple(schema)


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference, and take the first of several schemas that is not ``null``."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _resolved(document, document["components"]["schemas"][name])
    several = [
        one for one in (*schema.get("anyOf", ()), *schema.get("oneOf", ())) if one.get("type") != "null"
    ]
    return _resolved(document, several[0]) if several else schema


def _simple(schema: Mapping[str, Any]) -> Any:
    for key in ("example", "default"):
        if schema.get(key) is not None:
            return schema[key]
    if schema.get("enum"):
        return schema["enum"][0]
    return {"integer": 1, "number": 1, "boolean": False, "object": {}}.get(schema.get("type", ""), "text")


def _places(value: Any, place: KeyPath = ("body",)) -> Iterator[KeyPath]:
    """Yield the positions below a body, including containers."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield (*place, key)
        if len(place) < _DEPTH:
            yield from _places(part, (*place, key))


def written(place: KeyPath) -> str:
    """Return the name of a position."""
    return ".".join(map(str, place))


def body_of(route: Route, fragments: Mapping[str, bytes]) -> bytes:
    """Return a body for ``route`` as JSON text, with fragments of text at positions below ``body``.

    It is based on the example if that has these positions, so that nothing else gets it refused.
    """
    places = {"body.unknown", *(written(place) for place in _places(route.example))}
    body = route.example if places.issuperset(fragments) else route.body
    marks = {position: f"\x00{number}" for number, position in enumerate(fragments)}
    body = _marked(body, marks, ("body",))
    if "body.unknown" in marks:
        body = body | {"unknown": marks["body.unknown"]}
    text = json.dumps(body).encode()
    for position, fragment in fragments.items():
        text = text.replace(json.dumps(marks[position]).encode(), fragment)
    return text


def _marked(value: Any, marks: Mapping[str, str], place: KeyPath) -> Any:
    if written(place) in marks:
        return marks[written(place)]
    if isinstance(value, dict):
        return {key: _marked(part, marks, (*place, key)) for key, part in value.items()}
    if isinstance(value, list):
        return [_marked(part, marks, (*place, number)) for number, part in enumerate(value)]
    return value

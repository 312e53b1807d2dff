"""Checks every answer against the OpenAPI document with compiled validators: some 20 µs an answer.

The checks of Schemathesis find more, and take a thousand times as long.
"""

import json
import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatch
from functools import cached_property
from typing import Any

import jsonschema_rs

from tests.load.fuzzing.api.variations import Asked, written

_WHOLE = re.compile("0|[1-9][0-9]*")
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}
NO_PICTURE = ("DELETE", "/user/delete-image/{id}")
"""The one route with a specified 500 for a client's mistake: deleting a profile image that does not exist."""


class Operation:
    """One method of one path of the ``document``."""

    def __init__(self, document: Mapping[str, Any], method: str, path: str) -> None:
        self.method, self.path = method, path
        self._document = document
        self._said = document["paths"][path][method.lower()]

    @cached_property
    def _answers(self) -> dict[int, dict[str, Any]]:
        """Status -> media type -> validator."""
        return {
            int(status): {
                kind: self._validator(content.get("schema", {}))
                for kind, content in self._resolved(answer).get("content", {}).items()
            }
            for status, answer in self._said["responses"].items()
        }

    @cached_property
    def _parameters(self) -> list[tuple[Mapping[str, Any], Any]]:
        return [(said, self._validator(said["schema"])) for said in self._said.get("parameters", ())]

    def _validator(self, schema: Any) -> Any:
        return jsonschema_rs.Draft202012Validator({**schema, "components": self._document["components"]})

    def _resolved(self, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        name = answer.get("$ref", "").removeprefix("#/components/responses/")
        return self._document["components"]["responses"][name] if name else answer

    def forbids(self, asked: Asked) -> bool:
        """Return whether the path or the query violates its schemas.

        Bodies are not examined: they may contain more than the document says, such as ids as texts and
        ``null`` for optional fields.
        """
        return any(not self._suits(said, validator, asked) for said, validator in self._parameters)

    @staticmethod
    def _suits(said: Mapping[str, Any], validator: Any, asked: Asked) -> bool:
        """Return whether a parameter is valid; a blank one counts as absent, and the first of several counts.

        OpenAPI has no optional path parts; a part with a default is one.
        """
        value = (asked.path if said["in"] == "path" else asked.query).get(said["name"])
        if isinstance(value, list):
            value = value[0] if value else None
        # A lone surrogate is not valid UTF-8: a replacement character arrives in its place.
        text = written(value).encode("utf-8", "surrogatepass").decode("utf-8", "replace").strip()
        if text:
            return bool(validator.is_valid(_read(text, said["schema"])))
        return "default" in said["schema"] or not said.get("required")

    def problems(
        self, status: int, headers: Mapping[str, str], body: bytes, *, forbidden: bool
    ) -> Iterable[str]:
        """Yield the faults of an answer; names in ``headers`` are in lower case."""
        kinds = self._answers.get(status)
        if kinds is None:
            yield "a status that is not declared"
        elif kinds:
            yield from self._content_problems(kinds, headers.get("content-type", ""), body)
        if forbidden and status < 400:
            yield "accepted though it breaks its schema"
        if status >= 400:
            yield from refusal_problems(status, headers, body, (self.method, self.path))

    def _content_problems(self, kinds: Mapping[str, Any], kind: str, body: bytes) -> Iterable[str]:
        kind = kind.partition(";")[0]
        validator = next((one for pattern, one in kinds.items() if fnmatch(kind, pattern)), None)
        if validator is None:
            yield f"a content type that is not declared: {kind!r}"
        elif kind == "application/json" and not validator.is_valid(json.loads(body)):
            yield "a document that breaks its schema"


def refusal_problems(
    status: int, headers: Mapping[str, str], body: bytes, operation: tuple[str, str] = ("", "")
) -> Iterable[str]:
    """Yield the faults of a refusal."""
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    if not isinstance(document, dict) or set(document) - {"data", "code", "errors"}:
        yield "not of the contract's shape"
        return
    if document.get("code") != status or not isinstance(document.get("data"), str):
        yield "not of the contract's shape"
    if status == 400 and not document.get("errors"):
        yield "a 400 that names nothing"
    if status == 503 and not any(name.lower() == "retry-after" for name in headers):
        yield "a 503 without Retry-After"
    if status >= 500 and status != 503 and operation != NO_PICTURE:
        yield "a fault of ours"


def _read(text: str, schema: Mapping[str, Any]) -> Any:
    """Return the value that a parameter's text stands for."""
    kinds = {part.get("type") for part in (schema, *schema.get("anyOf", ()))}
    if "integer" in kinds and _WHOLE.fullmatch(text):
        return int(text)
    if "boolean" in kinds:
        return _BOOLEANS.get(text.lower(), text)
    return text

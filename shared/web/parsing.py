"""Requests into values: what a client sends, checked against a route's annotations.

Every reader is built once, when its route is declared, and either returns values or raises the
400 that names each field to blame.
"""

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from flask import request
from pydantic import AliasChoices, BaseModel, TypeAdapter, ValidationError
from pydantic_core import from_json
from werkzeug.exceptions import RequestEntityTooLarge

from shared.errors import INVALID, MISSING, TOO_LARGE, Refusal

Model = TypeVar("Model", bound=BaseModel)

REQUIRED = "is required"
MAX_BODY = 1_048_576
"""Bytes a JSON body may have where no pictures travel."""
_SMALL = 64 * 1024
_MOST_VALUES, _MOST_BESIDE_PICTURES = 50_000, 10_000
"""How many values a body may hold, up to ``MAX_BODY`` and above. The longest order that is taken has 10,000."""
_PIECE = 64 * 1024
_NO_OBJECT = {"body": "must be a JSON object, sent as application/json"}


class PathPart:
    """Reads one named part of a path."""

    def __init__(self, name: str, annotation: Any) -> None:
        self.name = name
        self.adapter: TypeAdapter[Any] = TypeAdapter(annotation)

    def read(self, text: str) -> Any:
        """Return the part's value; raises ``ValidationError``."""
        return self.adapter.validate_python(text)


class QueryReader(Generic[Model]):
    """Reads a query string into ``model``; blank parameters count as absent."""

    def __init__(self, model: type[Model]) -> None:
        self.model = model

    def read(self) -> Model:
        """Return the current request's query."""
        given = {name: value for name, value in request.args.items() if value.strip()}
        try:
            return self.model.model_validate(given)
        except ValidationError as error:
            raise blame(error) from None


class BodyReader(Generic[Model]):
    """Reads a JSON object into ``model``; a required field that is null or blank counts as absent."""

    def __init__(self, model: type[Model]) -> None:
        self.model = model
        # One list a field: the names under which a client may send it, the documented one first.
        self.required = [
            _spellings(name, field.validation_alias or field.alias)
            for name, field in model.model_fields.items()
            if field.is_required()
        ]

    def read(self, largest: int = MAX_BODY, decode: Callable[[bytearray], Any] | None = None) -> Model:
        """Return the current request's body, which has ``largest`` bytes at most.

        ``decode`` reads the JSON of bodies that are not to be built whole; it raises as ``decoded`` does.
        """
        request.max_content_length = min(largest, request.max_content_length or largest)
        given = self._json_object(decode or decoded)
        for spellings in self.required:
            for name in spellings:
                if is_blank(given.get(name)):
                    given.pop(name, None)
        try:
            return self.model.model_validate(given)
        except ValidationError as error:
            raise blame(error) from None

    def _json_object(self, decode: Callable[[bytearray], Any]) -> dict[str, Any]:
        try:
            raw = _body()
        except RequestEntityTooLarge:
            raise TOO_LARGE from None
        if not raw or raw.isspace():
            absent = {spellings[0]: REQUIRED for spellings in self.required}
            raise MISSING.with_errors(_NO_OBJECT | absent)
        if _media_type() != "application/json":
            raise INVALID.with_errors(_NO_OBJECT)
        try:
            given = decode(raw)
        except (ValueError, RecursionError):
            raise INVALID.with_errors({"body": "must be valid JSON"}) from None
        if not isinstance(given, dict):
            raise INVALID.with_errors(_NO_OBJECT)
        return given


def _media_type() -> str:
    """Return the media type of the current request's body; Flask would parse the parameters too."""
    return request.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def _check_values(raw: bytes | bytearray) -> None:
    """Refuse (400) a body of so many values that to parse it takes long and much memory, by counting in its text."""
    most = _MOST_VALUES if len(raw) <= MAX_BODY else _MOST_BESIDE_PICTURES
    if sum(map(raw.count, (b"{", b"[", b","))) > most:
        raise INVALID.with_errors({"body": f"must hold at most {most} values"})


def _body() -> bytearray:
    """Return the current request's body; of a declared length, it is never in memory twice."""
    if request.content_length is None:
        return bytearray(request.get_data(cache=False))
    stream = request.stream
    raw = bytearray(request.content_length)
    with memoryview(raw) as rest:
        read = 0
        while piece := stream.read(min(_PIECE, len(raw) - read)):
            rest[read : read + len(piece)] = piece
            read += len(piece)
    return raw


def decoded(raw: bytes | bytearray) -> Any:
    """Return what JSON text says; raises ``ValueError`` or ``RecursionError`` where it is none.

    Refuses (400) a text of too many values.
    """
    _check_values(raw)
    try:
        return from_json(raw, allow_inf_nan=False)
    except ValueError:
        if b"\\ud" not in raw.lower():
            raise
        # An escaped lone surrogate is JSON, though pydantic refuses it: its field is to blame, not the body.
        return json.loads(raw.decode(), parse_constant=_no_number)


def _no_number(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


class Deferred(Generic[Model]):
    """A body that is read and parsed when the route asks for it, not before."""

    def __init__(self, reader: BodyReader[Model]) -> None:
        self._reader = reader

    def read(self, decode: Callable[[bytearray], Any] | None = None) -> Model:
        """Return the body, as ``BodyReader.read`` does; raises the 400 or 413 it deserves.

        It may be as large as the service takes: pictures are.
        """
        return self._reader.read(sys.maxsize, decode)

    @property
    def model(self) -> type[Model]:
        """The fields that the body may have."""
        return self._reader.model


def is_small() -> bool:
    """Whether the current request's body is no larger than bodies without pictures are."""
    return (request.content_length or 0) <= _SMALL


def blame(error: ValidationError) -> Refusal:
    """Return the 400 for a failed validation: missing fields weigh more than unusable ones."""
    refusal, errors = INVALID, dict[str, str]()
    for problem in error.errors(include_url=False, include_context=False):
        place = [str(step) for step in problem["loc"]] or ["body"]
        if _is_absent(problem):
            refusal = MISSING
            reason = REQUIRED
        else:
            reason = problem["msg"].removeprefix("Value error, ")
        within = ".".join(place[1:])
        errors.setdefault(place[0], f"{within}: {reason}" if within else reason)
    return refusal.with_errors(errors)


def _is_absent(problem: Mapping[str, Any]) -> bool:
    if len(problem["loc"]) != 1:
        return False
    return bool(problem["type"] == "missing" or (problem["type"] == "too_short" and not problem["input"]))


def is_blank(value: Any) -> bool:
    """Whether a required field with this value counts as absent."""
    return value is None or (isinstance(value, str) and not value.strip())


def _spellings(name: str, alias: str | AliasChoices | Any | None) -> list[str]:
    if isinstance(alias, AliasChoices):
        return [str(choice) for choice in alias.choices]
    return [alias if isinstance(alias, str) else name]

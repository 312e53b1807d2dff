"""Parsing and validation of requests: path parts, query, JSON body.

Readers are built once, when a route is declared. They return values or raise a 400 that names each wrong field.
"""

import sys
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from flask import request
from pydantic import AliasChoices, BaseModel, TypeAdapter, ValidationError
from pydantic_core import from_json
from werkzeug.exceptions import RequestEntityTooLarge

from shared import strict_json
from shared.errors import INVALID, MISSING, TOO_LARGE, Refusal

Model = TypeVar("Model", bound=BaseModel)

REQUIRED = "is required"
MAX_BODY = 1_048_576
"""Maximum bytes of a JSON body without pictures."""
_SMALL = 64 * 1024
_MAX_VALUES, _MAX_VALUES_WITH_PICTURES = 50_000, 10_000
"""Maximum values in a body of up to ``MAX_BODY`` bytes, and in a larger one. The longest valid order has 10,000."""
_PIECE = 64 * 1024
_NO_OBJECT = {"body": "must be a JSON object, sent as application/json"}


class PathPart:
    """Reads one path part."""

    def __init__(self, name: str, annotation: Any) -> None:
        self.name = name
        self.adapter: TypeAdapter[Any] = TypeAdapter(annotation)

    def read(self, text: str) -> Any:
        """Return the value of ``text``; raises ``ValidationError``."""
        return self.adapter.validate_python(text)


class QueryReader(Generic[Model]):
    """Reads the query string into ``model``; blank parameters count as absent."""

    def __init__(self, model: type[Model]) -> None:
        self.model = model

    def read(self) -> Model:
        """Return the current request's query."""
        data = {name: value for name, value in request.args.items() if value.strip()}
        try:
            return self.model.model_validate(data)
        except ValidationError as error:
            raise blame(error) from None


class BodyReader(Generic[Model]):
    """Reads a JSON object into ``model``; a required field that is null or blank counts as absent."""

    def __init__(self, model: type[Model]) -> None:
        self.model = model
        # One list per required field: its accepted names, the documented one first.
        self.required = [
            _spellings(name, field.validation_alias or field.alias)
            for name, field in model.model_fields.items()
            if field.is_required()
        ]

    def read(self, largest: int = MAX_BODY, decode: Callable[[bytearray], Any] | None = None) -> Model:
        """Return the current request's body of at most ``largest`` bytes; raises a 400 or 413.

        ``decode`` replaces ``decoded`` for bodies that must not be parsed into memory as a whole; it raises the same
        errors.
        """
        request.max_content_length = min(largest, request.max_content_length or largest)
        data = self._json_object(decode or decoded)
        for spellings in self.required:
            for name in spellings:
                if is_blank(data.get(name)):
                    data.pop(name, None)
        try:
            return self.model.model_validate(data)
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
            data = decode(raw)
        except (ValueError, RecursionError):
            raise INVALID.with_errors({"body": "must be valid JSON"}) from None
        if not isinstance(data, dict):
            raise INVALID.with_errors(_NO_OBJECT)
        return data


def _media_type() -> str:
    """Return the media type of the current request's body, without the cost of parsing its parameters."""
    return request.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def _check_values(raw: bytes | bytearray) -> None:
    """Raise a 400 if the JSON text has too many values, by counting brackets and commas before it is parsed."""
    most = _MAX_VALUES if len(raw) <= MAX_BODY else _MAX_VALUES_WITH_PICTURES
    if sum(map(raw.count, (b"{", b"[", b","))) > most:
        raise INVALID.with_errors({"body": f"must hold at most {most} values"})


def _body() -> bytearray:
    """Return the current request's body. One of declared length is read into a single buffer, never copied."""
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
    """Parse JSON. Raises ``ValueError`` or ``RecursionError`` if it is invalid, and a 400 for too many values."""
    _check_values(raw)
    try:
        return from_json(raw, allow_inf_nan=False)
    except ValueError:
        if b"\\ud" not in raw.lower():
            raise
        # Pydantic rejects escaped lone surrogates, which are valid JSON: the field must be reported, not the body.
        return strict_json.loads(raw.decode())


class Deferred(Generic[Model]):
    """A body that is read and parsed when the handler calls ``read``."""

    def __init__(self, reader: BodyReader[Model]) -> None:
        self._reader = reader

    def read(self, decode: Callable[[bytearray], Any] | None = None) -> Model:
        """Return the body, as ``BodyReader.read`` does, but limited only by the service's maximum for pictures."""
        return self._reader.read(sys.maxsize, decode)

    @property
    def model(self) -> type[Model]:
        """The model of the body."""
        return self._reader.model


def is_small() -> bool:
    """Return whether the current request's declared body length is at most 64 KiB."""
    return (request.content_length or 0) <= _SMALL


def blame(error: ValidationError) -> Refusal:
    """Return the 400 for a failed validation; its text is that of ``MISSING`` if any field is missing."""
    refusal, errors = INVALID, dict[str, str]()
    for problem in error.errors(include_url=False, include_context=False):
        path = [str(step) for step in problem["loc"]] or ["body"]
        if _is_absent(problem):
            refusal = MISSING
            reason = REQUIRED
        else:
            reason = problem["msg"].removeprefix("Value error, ")
        within = ".".join(path[1:])
        errors.setdefault(path[0], f"{within}: {reason}" if within else reason)
    return refusal.with_errors(errors)


def _is_absent(problem: Mapping[str, Any]) -> bool:
    if len(problem["loc"]) != 1:
        return False
    return bool(problem["type"] == "missing" or (problem["type"] == "too_short" and not problem["input"]))


def is_blank(value: Any) -> bool:
    """Return whether a required field with this value counts as absent."""
    return value is None or (isinstance(value, str) and not value.strip())


def _spellings(name: str, alias: str | AliasChoices | Any | None) -> list[str]:
    if isinstance(alias, AliasChoices):
        return [str(choice) for choice in alias.choices]
    return [alias if isinstance(alias, str) else name]

"""Annotations for Pydantic models and path parameters: ids, numbers, flags, dates, text.

Each annotation validates and cleans the value and gives OpenAPI its schema.
"""

import math
import re
from collections.abc import Callable
from datetime import date
from itertools import count
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, FailFast, Field, WithJsonSchema

from shared.fields.text import LONGEST_NAME, LONGEST_TEXT, clean

Value = TypeVar("Value")

MAX_SAFE_INTEGER = 9007199254740991
"""The largest whole number that JavaScript holds exactly (``Number.MAX_SAFE_INTEGER``)."""

NOT_WHOLE = "must be a whole number in plain decimal digits"
"""The error for a value that is not an ``Id`` or ``Whole``."""

_MAX_DEPTH = 32
_PLAIN_DECIMAL = re.compile(r"0|[1-9][0-9]{0,15}")
_DECIMAL = re.compile(r"-?[0-9]{1,17}(\.[0-9]{1,17})?")
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _whole(value: Any) -> int:
    """Return a whole number, given as a number or as plain decimal text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _PLAIN_DECIMAL.fullmatch(value):
        return int(value)
    raise ValueError(NOT_WHOLE)


def _id_of(value: Any) -> Any:
    """Return the ``id`` of an object; any other value unchanged."""
    return value.get("id") if isinstance(value, dict) else value


def _number(value: Any) -> float:
    """Return a finite number, given as a number or as decimal text."""
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("must be a number")
    try:
        number = float(value)
    except OverflowError:
        raise ValueError("must be a finite number") from None
    if not math.isfinite(number):
        raise ValueError("must be a finite number")
    return number


def _flag(texts: dict[str, bool]) -> Callable[[Any], bool]:
    def read(value: Any) -> bool:
        if isinstance(value, bool):
            return value
        if isinstance(value, int) and value in (0, 1):
            return bool(value)
        if isinstance(value, str) and value.strip().lower() in texts:
            return texts[value.strip().lower()]
        raise ValueError("must be true or false")

    return read


def _iso_date(value: Any) -> date:
    if not isinstance(value, str) or not _ISO_DATE.fullmatch(value.strip()):
        raise ValueError("must be a date, YYYY-MM-DD")
    try:
        return date.fromisoformat(value.strip())
    except ValueError:
        raise ValueError("must be a date that exists, YYYY-MM-DD") from None


def _text(longest: int) -> Callable[[str], str]:
    def read(value: str) -> str:
        cleaned = clean(value, longest)
        if not cleaned:
            raise ValueError("must not be blank")
        return cleaned

    return read


def _blank_as_none(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _null_as_empty(value: Any) -> Any:
    return [] if value is None else value


def at_most(number: int) -> tuple[Any, ...]:
    """Return the annotations of an array with at most ``number`` entries: ``Annotated[list[Id], *at_most(100)]``.

    ``null`` gives an empty array. Validation stops at the first wrong entry: a response has one error for each field,
    and building one for each entry takes longer than the rest of the request.
    """
    return FailFast(), Field(max_length=number), BeforeValidator(_null_as_empty)


Whole = Annotated[int, Field(ge=0, le=MAX_SAFE_INTEGER), BeforeValidator(_whole)]
"""A whole number from 0 to 2^53 - 1, or its decimal text."""

Id = Annotated[
    int,
    Field(
        ge=1,
        le=MAX_SAFE_INTEGER,
        description="Plain decimal digits; the text is as good as the number.",
        examples=[1],
    ),
    BeforeValidator(_whole),
]
"""A whole number from 1 to 2^53 - 1, or its plain decimal text (no sign, no leading zero)."""

Reference = Annotated[
    int,
    Field(ge=1, le=MAX_SAFE_INTEGER, description="An id, or an object that has one as `id`.", examples=[1]),
    BeforeValidator(_whole),
    BeforeValidator(_id_of),
]
"""The id of an existing row, alone or as ``{"id": ...}``."""

Number = Annotated[float, BeforeValidator(_number)]
"""A finite number, or its decimal text."""

Flag = Annotated[bool, BeforeValidator(_flag({"true": True, "false": False}))]
"""A boolean in a body: true, false, 0, 1, or the texts true and false."""

QueryFlag = Annotated[bool, BeforeValidator(_flag({"true": True, "false": False, "1": True, "0": False}))]
"""A boolean in a query: true, false, 1 or 0, in any case."""

IsoDate = Annotated[
    date,
    BeforeValidator(_iso_date),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2024-05-02"]}),
]
"""A calendar date as ``YYYY-MM-DD``."""

Name = Annotated[
    str,
    AfterValidator(_text(LONGEST_NAME)),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": LONGEST_NAME}),
]
"""One line of text, 1 to 255 characters after cleaning."""

LongText = Annotated[
    str,
    AfterValidator(_text(LONGEST_TEXT)),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}),
]
"""A note or description, 1 to 20 000 characters after cleaning."""

OptionalName = Annotated[Name | None, BeforeValidator(_blank_as_none)]
"""A ``Name``, or ``null`` or blank text to clear the field."""

OptionalLongText = Annotated[LongText | None, BeforeValidator(_blank_as_none)]
"""A ``LongText``, or ``null`` or blank text to clear the field."""

Clearable = Annotated[Value | None, BeforeValidator(_blank_as_none)]
"""Another type, or ``null`` or blank text to clear the field: ``Clearable[IsoDate]``."""

Bit = Literal[0, 1]
"""A flag in a response: the number 0 or 1."""


def storable(value: Any, longest: int) -> Any:
    """Return a decoded JSON value with its texts cleaned, valid for PostgreSQL's ``jsonb``.

    Raises ``ValueError`` for NUL, lone surrogates, numbers that are not finite, integers beyond ``MAX_SAFE_INTEGER``,
    more than 32 levels, a text over ``longest`` characters, and more than ``longest`` values in total.
    """
    seen = count(1)

    def read(value: Any, depth: int) -> Any:
        if next(seen) > longest:
            raise ValueError(f"must hold at most {longest} values")
        if depth > _MAX_DEPTH:
            raise ValueError(f"must not be nested more than {_MAX_DEPTH} levels deep")
        if isinstance(value, str):
            return clean(value, longest)
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError("must hold finite numbers only")
        if isinstance(value, int) and abs(value) > MAX_SAFE_INTEGER:
            raise ValueError("must hold whole numbers below 2^53 only")
        if isinstance(value, list):
            return [read(item, depth + 1) for item in value]
        if isinstance(value, dict):
            return {clean(key, longest): read(item, depth + 1) for key, item in value.items()}
        return value

    return read(value, 0)

"""Rules for reading statuses."""

from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from shared.fields.values import Number, Whole


def none_as_zero(value: Any) -> Any:
    """Return 0 for null and for blank text, else ``value``; for numbers whose column is not nullable."""
    blank = value is None or (isinstance(value, str) and not value.strip())
    return 0 if blank else value


def in_order(start: date | None, end: date | None) -> date | None:
    """Return ``end``; raises ``ValueError`` if it is before ``start``."""
    if start is not None and end is not None and end < start:
        raise ValueError("must not be before start")
    return end


Score = Annotated[
    Number,
    Field(ge=0, le=10),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 10, "examples": [7.5]}),
]
"""A reader's score of a series, 0 to 10."""

Rereads = Annotated[Whole, BeforeValidator(none_as_zero)]
"""Number of times a series was read again."""

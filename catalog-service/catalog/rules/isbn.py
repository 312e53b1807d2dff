"""Validation of ISBN-10 and ISBN-13. Hyphens and blanks are removed; check digits must be correct."""

from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema
from stdnum import isbn
from stdnum.exceptions import ValidationError

from shared.fields.text import LONGEST_NAME, clean


def read_isbn10(given: str) -> str:
    """Return an ISBN-10 without hyphens and blanks; raises ``ValueError`` for anything else."""
    return _checked(given, "ISBN10", "must be an ISBN-10 with a right check digit")


def read_isbn13(given: str) -> str:
    """Return an ISBN-13 without hyphens and blanks; raises ``ValueError`` for anything else."""
    return _checked(given, "ISBN13", "must be an ISBN-13 with a right check digit")


def _checked(given: str, kind: str, wrong: str) -> str:
    number = isbn.compact(clean(given, LONGEST_NAME))
    try:
        right = number.isascii() and isbn.isbn_type(isbn.validate(number)) == kind
    except ValidationError:
        right = False
    if not right:
        raise ValueError(wrong)
    return str(number)


Isbn10 = Annotated[
    str, AfterValidator(read_isbn10), WithJsonSchema({"type": "string", "examples": ["0-306-40615-2"]})
]
"""An ISBN-10, stored without hyphens."""

Isbn13 = Annotated[
    str, AfterValidator(read_isbn13), WithJsonSchema({"type": "string", "examples": ["978-0-306-40615-7"]})
]
"""An ISBN-13, stored without hyphens."""

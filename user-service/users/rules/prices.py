"""Parsing of prices into exact decimal amounts."""

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

MAX_PRICE = Decimal("9999999999.99")
"""The highest price that fits the column, ``numeric(12, 2)``."""

_AMOUNT = re.compile(r"[0-9]{1,17}(\.[0-9]{1,17})?")


def price(value: Any) -> Decimal:
    """Return a number, or the decimal text of one, as an amount with two decimals.

    Raises ``ValueError`` if ``value`` is not a number, is negative or too high, or has a third decimal other than 0.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("must be a number")
    # The shortest text of a float (repr) is the text the client sent: 19.99, not 19.989999999999998.
    text = value.strip() if isinstance(value, str) else _plain(value)
    if not _AMOUNT.fullmatch(text):
        raise ValueError("must be a number, 0 or more, in plain decimal digits")
    amount = Decimal(text)
    if amount > MAX_PRICE:
        raise ValueError(f"must be at most {MAX_PRICE}")
    if amount != amount.quantize(MAX_PRICE):
        raise ValueError("must have at most two decimals")
    return amount.quantize(MAX_PRICE)


def _plain(value: float) -> str:
    """Return a number as text without an exponent; minus zero becomes zero."""
    return format(abs(Decimal(repr(value))) if value == 0 else Decimal(repr(value)), "f")


Price = Annotated[
    Decimal,
    BeforeValidator(price),
    WithJsonSchema(
        {"type": "number", "minimum": 0, "maximum": float(MAX_PRICE), "multipleOf": 0.01, "examples": [12.5]}
    ),
]
"""A price, 0 or more with at most two decimals, as a number or its decimal text."""

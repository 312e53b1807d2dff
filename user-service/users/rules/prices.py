"""What a price is: an exact amount, never a binary approximation of one."""

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

MAX_PRICE = Decimal("9999999999.99")
"""The highest price there can be, as far as the column reaches."""

_AMOUNT = re.compile(r"[0-9]{1,17}(\.[0-9]{1,17})?")


def price(value: Any) -> Decimal:
    """Return the amount that a number, or its decimal text, stands for, exact to the cent.

    Raises ``ValueError`` where it is not one, is negative or too high, or has a third decimal that counts.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("must be a number")
    # The shortest text of a float is what the client wrote: 19.99, not 19.989999999999998.
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
    """Write a number without an exponent; minus zero is zero."""
    return format(abs(Decimal(repr(value))) if value == 0 else Decimal(repr(value)), "f")


Price = Annotated[
    Decimal,
    BeforeValidator(price),
    WithJsonSchema(
        {"type": "number", "minimum": 0, "maximum": float(MAX_PRICE), "multipleOf": 0.01, "examples": [12.5]}
    ),
]
"""A price, 0 or more with at most two decimals, as a number or its decimal text."""

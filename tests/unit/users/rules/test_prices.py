"""Prices: exact to the cent, or refused."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from users.rules.prices import price


@given(st.integers(0, 999_999_999_999))
def test_every_amount_of_cents_arrives_exactly(cents: int) -> None:
    amount = Decimal(cents).scaleb(-2)
    assert price(float(amount)) == price(str(amount)) == amount
    assert price(cents // 100) == cents // 100


@pytest.mark.parametrize(
    ("given_", "amount"),
    [(0, "0"), (-0.0, "0"), (1e3, "1000"), (12.5, "12.50"), ("19.990", "19.99"), (" 5 ", "5")],
)
def test_what_means_a_price_is_one(given_: Any, amount: str) -> None:
    assert price(given_) == Decimal(amount)


def test_a_sum_that_drifted_is_no_price() -> None:
    drifted = 0.1 + 0.7
    assert drifted != 0.8
    with pytest.raises(ValueError, match="two decimals"):
        price(drifted)


@pytest.mark.parametrize(
    "given_",
    [
        19.999,
        "19.999",
        1e-3,
        -1,
        -0.01,
        "-1",
        1e10,
        10**400,
        "1e3",
        "٣",
        "",
        "1,5",
        "1.",
        ".5",
        True,
        None,
        [],
        {},
    ],
)
def test_what_does_not_is_refused(given_: Any) -> None:
    with pytest.raises(ValueError, match="must "):
        price(given_)

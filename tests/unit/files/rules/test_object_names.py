"""Stored paths: a client's text becomes a path only if it is a valid one."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from files.rules.object_names import file_name, is_for_readers, is_key, type_of

KEY = "0123456789abcdef" * 2


def test_a_key_is_32_hex_digits() -> None:
    assert is_key(KEY)


@pytest.mark.parametrize(
    "text",
    [
        "",
        KEY[:-1],
        KEY + "0",
        KEY.upper(),
        KEY + "\n",
        "../" + KEY[3:],
        KEY[:-1] + "/",
        KEY[:-1] + "\0",
        "٠" * 32,
        "." * 32,
    ],
)
def test_nothing_else_is(text: str) -> None:
    assert not is_key(text)


@given(st.text(max_size=40))
def test_whatever_is_a_key_is_harmless(text: str) -> None:
    assert not is_key(text) or re.fullmatch("[0-9a-f]{32}", text, re.ASCII)


@given(st.text(max_size=12))
def test_nothing_but_what_is_stored_to_be_shown_is_served(name: str) -> None:
    assert not is_for_readers(name)


@pytest.mark.parametrize("name", ["cut.json", "original.jpg", "original.webp", "original.png", "High.webp"])
def test_what_pictures_are_made_of_is_not_served(name: str) -> None:
    assert not is_for_readers(name)


def test_names_and_types_fit() -> None:
    assert type_of(file_name("high")) == type_of(file_name("scaled")) == "image/webp"
    assert type_of(file_name("high", "avif")) == "image/avif"

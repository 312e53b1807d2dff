"""Cleaning, folding and natural order, against plain models."""

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.text import clean, fold, like_pattern, natural_key

titles = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40)
numbered = st.lists(
    st.one_of(st.sampled_from(["Volume ", "Band ", "é", "巻", "-", " "]), st.integers(0, 10**12).map(str))
).map("".join)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Pokémon", "pokemon"),
        ("ＰＯＫＥＭＯＮ", "pokemon"),
        ("Straße", "strasse"),
        ("Łódź", "lodz"),
        ("Ærø", "aero"),
        ("ΆΛΦΑ", "αλφα"),
        ("Ёлка", "елка"),
        ("鬼滅の刃", "鬼滅の刃"),
        ("나 혼자만 레벨업", "나 혼자만 레벨업"),
    ],
)
def test_fold_drops_case_accents_and_width(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_a_dakuten_makes_another_letter() -> None:
    assert fold("が") != fold("か")


@given(titles)
def test_fold_is_stable(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def _human_order(text: str) -> list[tuple[int, int]]:
    """Natural order as a list of (place, value): digits stand where ``0`` stands, by their value."""
    return [
        (ord("0"), int(step)) if step.isdecimal() else (ord(step), 0)
        for step in re.findall(r"\d+|\D", fold(text), flags=re.DOTALL)
    ]


@given(numbered, numbered)
@example("Volume 2", "Volume 10")
@example("Volume 2", "volume 02")
@example("Volume", "Volume 1")
@example("9" * 60, "1" + "0" * 60)
def test_natural_keys_sort_as_people_do(one: str, other: str) -> None:
    by_key = natural_key(one) < natural_key(other), natural_key(one) == natural_key(other)
    by_model = _human_order(one) < _human_order(other), _human_order(one) == _human_order(other)
    assert by_key == by_model


@given(titles, titles)
def test_natural_keys_compare_alike_in_python_and_in_utf8(one: str, other: str) -> None:
    """PostgreSQL's ``COLLATE "C"`` compares the UTF-8 bytes."""
    as_text = natural_key(one) < natural_key(other)
    assert as_text == (natural_key(one).encode() < natural_key(other).encode())


@given(titles)
def test_clean_text_is_normal_and_stripped(text: str) -> None:
    cleaned = clean(text)
    assert cleaned == cleaned.strip()
    assert unicodedata.is_normalized("NFC", cleaned)


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "x\udfff"])
def test_clean_refuses_what_postgresql_cannot_store(text: str) -> None:
    with pytest.raises(ValueError, match="must not contain"):
        clean(text)


def test_like_patterns_are_literal() -> None:
    assert like_pattern("100%_\\É") == "%100\\%\\_\\\\e%"

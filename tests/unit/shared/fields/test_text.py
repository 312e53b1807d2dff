"""Cleaning, folding and natural order of text, against models."""

import re
import time
import unicodedata
from itertools import chain

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.fields.text import LONGEST_NAME, LONGEST_TEXT, clean, fold, like_pattern, natural_key

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
    """Return the natural order as a list of (position, value): digits sort where ``0`` does, by their value."""
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
@example(" \u0301 x\u2003")
@example("\ufb2c" + "\u05b4" * 28)
def test_clean_text_is_normal_and_stripped_and_stays_so(text: str) -> None:
    cleaned = clean(text, LONGEST_NAME)
    assert cleaned == cleaned.strip()
    assert unicodedata.is_normalized("NFC", cleaned)
    assert clean(cleaned, LONGEST_NAME) == cleaned


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "x\udfff"])
def test_clean_refuses_what_postgresql_cannot_store(text: str) -> None:
    with pytest.raises(ValueError, match="must not contain"):
        clean(text, LONGEST_NAME)


@given(st.text(alphabet="ae\u0301\u0345\u1f82\uac01\u1100\u1161\u11a8 ", max_size=60), st.integers(1, 20))
@example("\u1f00\u0300\u0345" * 5, 5)
@example("\u03b1\u0313\u0300\u0345" * 5, 5)
@example("\u1100\u1161\u11a8" * 5, 5)
def test_the_bound_holds_for_what_is_left_after_cleaning(text: str, longest: int) -> None:
    """The bound before normalisation refuses no text that would fit after it."""
    fits = len(unicodedata.normalize("NFC", text).strip()) <= longest
    if fits:
        assert len(clean(text, longest)) <= longest
    else:
        with pytest.raises(ValueError, match=f"must have at most {longest} characters"):
            clean(text, longest)


@pytest.mark.parametrize("letter", ["a", "\u304b", "\u0f40", "\u1820"])
@pytest.mark.parametrize("mark", ["\u0315\u0300", "\u05b0\u05bc", "\U0001d165\U0001d16e", "\u3099\u302a"])
def test_thirty_marks_in_a_row_are_taken_and_more_refused(letter: str, mark: str) -> None:
    clean(letter + mark * 15 + letter + mark * 15, LONGEST_NAME)
    with pytest.raises(ValueError, match="must not have more than 30 combining marks in a row"):
        clean(letter + mark * 15 + mark[0], LONGEST_NAME)


@pytest.mark.parametrize("expanding", ["\u0344", "\u0f73", "\u0f75", "\u0f81"])
def test_marks_that_become_two_count_as_two(expanding: str) -> None:
    clean("\u0f40" + expanding * 15, LONGEST_NAME)
    with pytest.raises(ValueError, match="combining marks"):
        clean("\u0f40" + expanding * 16, LONGEST_NAME)


def test_every_mark_of_unicode_is_known_as_one() -> None:
    """A character that decomposes to a leading mark is a mark, or one of the listed Tibetan vowels."""
    letters = map(chr, chain(range(0xD800), range(0xE000, 0x110000)))
    hidden = {
        letter
        for letter in letters
        if not unicodedata.combining(letter)
        and unicodedata.combining(unicodedata.normalize("NFD", letter)[0])
    }
    assert hidden == {"\u0f73", "\u0f75", "\u0f81"}


@pytest.mark.parametrize(
    "text",
    [
        unicodedata.normalize("NFD", "Tiếng Việt: Truyền thuyết về những người hùng ẩn dật"),
        "בְּרֵאשִׁית בָּרָא אֱלֹהִים אֵת הַשָּׁמַיִם וְאֵת הָאָרֶץ",
        "ที่นี่ก็มีน้ำผึ้ง ปู่",
        "བོད་ཡིག ཧྐྵྨླྺྼྻྂ",
        "لُغَةٌ عَرَبِيَّةٌ",
        "Z" + "\u0300\u0316\u0334\u0351\u0323" * 6 + "algo",
    ],
    ids=["Vietnamese", "Hebrew", "Thai", "Tibetan", "Arabic", "Zalgo"],
)
def test_texts_of_many_marks_are_taken(text: str) -> None:
    assert clean(text, LONGEST_NAME) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    "text",
    [
        "a" + "\u0315\u0300" * 500_000,
        ("a" + "\u0315\u0300" * 20_000) * 20,
        "\u0f40" + "\u0f73" * 79_000,
        "\u304b" + "\u3099\u0315" * 39_000,
        " " * 1_000_000 + "a" + "\u0315\u0300" * 100,
    ],
    ids=["a MiB", "many runs", "vowels", "dakuten", "behind blanks"],
)
def test_a_hostile_text_is_refused_in_linear_time(text: str) -> None:
    """Normalised before the bound, as earlier, these take from 3 seconds to some minutes."""
    began = time.process_time()
    with pytest.raises(ValueError, match="must"):
        clean(text, LONGEST_TEXT)
    assert time.process_time() - began < 1


@given(st.text(alphabet="\ufdfa\u3316ßøa\u0301\u0345", max_size=LONGEST_NAME))
@example("\ufdfa" * LONGEST_NAME)
@example("\u3316" * LONGEST_NAME)
@example("\u0390" * LONGEST_NAME)
def test_no_name_folds_to_more_than_four_times_its_bound(text: str) -> None:
    assert len(fold(text)) <= 4 * LONGEST_NAME
    assert fold(fold(text)) == fold(text)


def test_like_patterns_are_literal() -> None:
    assert like_pattern("100%_\\É") == "%100\\%\\_\\\\e%"

"""Slugs: their parts, and the number that makes them unique."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from catalog.rules.slugs import MAX_LENGTH, allocate, numbered, stem, word
from shared.fields.languages import CODES

ANYTHING = st.text(max_size=300)
LANGUAGES = st.sampled_from(sorted(CODES))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Yotsuba&!", "yotsuba"),
        ("Re:ZERO -Starting Life-", "re-zero-starting-life"),
        ("Die Möwe über Österreich", "die-mowe-uber-osterreich"),
        ("Straße der Ænigmen", "strasse-der-aenigmen"),
        ("Łódź, Žižek & Çelik", "lodz-zizek-celik"),
        ("Don't Stop, Girl’s Life", "dont-stop-girls-life"),
        ("Преступление", "prestuplenie"),
        ("Οδύσσεια", "odysseia"),
        ("進撃の巨人 1", "進撃の巨人-1"),
        ("ガンダム", "ガンダム"),
        ("나 혼자만 레벨업", "나-혼자만-레벨업"),
        ("ＦＵＬＬ　ＷＩＤＴＨ　１２", "full-width-12"),
        ("İstanbul I", "istanbul-i"),
        ("٣ Волка", "3-volka"),
        ("???", ""),
        ("  --a__b--  ", "a-b"),
    ],
)
def test_a_word_of_a_slug(text: str, expected: str) -> None:
    assert word(text) == expected


@given(ANYTHING)
@example("ß́")
@example("e\u0301\u3042\u3099")
def test_a_word_holds_letters_digits_and_single_hyphens_and_stays_itself(text: str) -> None:
    spelled = word(text)
    assert spelled == unicodedata.normalize("NFC", spelled)
    assert word(spelled) == spelled
    assert not spelled.startswith("-")
    assert not spelled.endswith("-")
    assert "--" not in spelled
    for letter in spelled:
        assert letter == "-" or unicodedata.category(letter)[0] in "LNM"
        assert not letter.isascii() or letter in "-abcdefghijklmnopqrstuvwxyz0123456789"


def test_a_stem_is_what_is_there_and_the_language() -> None:
    assert stem(["Series", "Deluxe", "Gold", "Vol. 1"], "German") == "series-deluxe-gold-vol-1-de"
    assert stem(["Series", None, None, "Vol. 1"], "Japanese") == "series-vol-1-ja"
    assert stem(["!!!", None, None, "?"], "Polish") == "pl"


@given(st.lists(ANYTHING, max_size=4), LANGUAGES, st.integers(2, 10**9))
def test_a_slug_fits_and_ends_in_language_and_number(parts: list[str], language: str, number: int) -> None:
    first = stem(parts, language)
    later = numbered(first, number)
    assert numbered(first, 1) == first
    assert len(first) <= MAX_LENGTH
    assert len(later) <= MAX_LENGTH
    assert first.split("-")[-1] == CODES[language]
    assert later.split("-")[-2:] == [CODES[language], str(number)]


def test_a_long_slug_loses_the_end_of_its_name_only() -> None:
    long = stem(["a" * 150, "b" * 150], "French")
    assert long == "a" * 150 + "-" + "b" * 46 + "-fr"
    assert numbered(long, 12) == "a" * 150 + "-" + "b" * 43 + "-fr-12"


def one_by_one(stems: dict[int, str], taken: dict[tuple[str, int], int]) -> dict[int, int]:
    """The simple way: each volume in turn counts up to a number that is free or its own."""
    owners = dict(taken)
    given = {}
    for volume, wanted in stems.items():
        number = 1
        while owners.get((wanted, number), volume) != volume:
            number += 1
        owners[wanted, number] = volume
        given[volume] = number
    return given


STEMS = st.sampled_from(["a-de", "b-en"])


@given(
    st.dictionaries(st.integers(1, 12), STEMS),
    st.dictionaries(st.tuples(STEMS, st.integers(1, 8)), st.integers(1, 15)),
)
def test_allocation_in_bulk_is_what_counting_up_one_by_one_gives(
    stems: dict[int, str], taken: dict[tuple[str, int], int]
) -> None:
    assert allocate(stems, taken) == one_by_one(stems, taken)


@given(
    st.dictionaries(st.integers(1, 12), STEMS),
    st.dictionaries(st.tuples(STEMS, st.integers(1, 8)), st.integers(1, 15)),
)
def test_no_two_volumes_get_the_same_slug(stems: dict[int, str], taken: dict[tuple[str, int], int]) -> None:
    numbers = allocate(stems, taken)
    slugs = {volume: numbered(stems[volume], number) for volume, number in numbers.items()}
    assert len(set(slugs.values())) == len(stems)
    for volume, number in numbers.items():
        assert taken.get((stems[volume], number), volume) == volume

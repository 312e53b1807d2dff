"""Searches in the media library, against a model."""

from hypothesis import given
from hypothesis import strategies as st

from media.rules.search_text import search_text
from shared.fields.text import fold, like_pattern

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)


def matches(search: str, text: str) -> bool:
    """Return the result of ``LIKE`` by its definition for patterns of this shape."""
    literal = like_pattern(search)[1:-1]
    for sign in ("%", "_", "\\"):
        literal = literal.replace("\\" + sign, sign)
    return literal in text


@given(TEXTS, st.lists(TEXTS, max_size=4), TEXTS)
def test_a_search_finds_what_is_in_a_name_or_a_tag(name: str, tags: list[str], search: str) -> None:
    expected = any(fold(search) in fold(text) for text in (name, *tags))
    assert matches(search, search_text(name, tags)) == expected


def test_a_search_does_not_reach_over_two_texts() -> None:
    assert not matches("ab", search_text("a", ["b"]))
    assert not matches("bc", search_text("a", ["b", "c"]))
    assert matches("b", search_text("a\x1f", ["\x1fb"]))

"""Search terms, and the grams that narrow a search down."""

from hypothesis import given
from hypothesis import strategies as st

from catalog.rules.searching import grams, searchable
from shared.fields.text import fold

LETTERS = st.text(st.sampled_from("aáÁbÖø é進撃が　Ａ%_\\"), max_size=6)


def grams_of(text: str) -> set[str]:
    """Return the grams of ``catalog.grams`` for a stored text: characters, and pairs of neighbours."""
    return {*text, *(text[i : i + 2] for i in range(len(text) - 1))}


@given(st.lists(LETTERS, min_size=1, max_size=3), LETTERS)
def test_no_text_that_contains_a_search_lacks_one_of_its_grams(names: list[str], search: str) -> None:
    text = searchable(names)
    if fold(search) in text:
        assert grams_of(text).issuperset(grams(search))


@given(st.lists(LETTERS, min_size=1, max_size=3), LETTERS)
def test_a_search_finds_a_name_and_never_two_at_once(names: list[str], search: str) -> None:
    assert (fold(search) in searchable(names)) == any(fold(search) in fold(name) for name in names)


def test_one_character_is_enough() -> None:
    assert grams("撃") == ["撃"]
    assert grams("an") == ["an"]
    assert grams("") == []

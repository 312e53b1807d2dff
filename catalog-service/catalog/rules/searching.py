"""Text search: folded names, and their one- and two-character grams."""

from collections.abc import Iterable
from itertools import pairwise

from shared.fields.text import fold

BETWEEN = "\u3000"
"""Separator between names.

Folding turns it into a plain space, so no search term can match across two names."""


def searchable(names: Iterable[str]) -> str:
    """Return the search text of ``names``. A term matches within one name, never across two."""
    return BETWEEN.join(fold(name) for name in names)


def grams(search: str) -> list[str]:
    """Return grams that every text containing ``search`` has (see the SQL function ``catalog.grams``)."""
    folded = fold(search)
    pairs = {left + right for left, right in pairwise(folded)}
    return sorted(pairs) or [*folded]

"""What search looks through and for: folded names, cut into characters and pairs of neighbours."""

from collections.abc import Iterable
from itertools import pairwise

from shared.fields.text import fold

BETWEEN = "\u3000"
"""Stands between names. Folding turns it into a plain space, so no search can match across two names."""


def searchable(names: Iterable[str]) -> str:
    """Return the text in which a search finds each of ``names``, but nothing that spans two of them."""
    return BETWEEN.join(fold(name) for name in names)


def grams(search: str) -> list[str]:
    """Return what every text that contains ``search`` has among its grams (see ``catalog.grams``)."""
    folded = fold(search)
    pairs = {left + right for left, right in pairwise(folded)}
    return sorted(pairs) or [*folded]

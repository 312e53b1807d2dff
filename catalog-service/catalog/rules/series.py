"""What may be said about a series, and what an edit of it must not leave behind."""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from itertools import chain, count

from catalog.rules.slugs import word
from shared.errors import invalid

_MAX_STEM = 190
"""Characters of a slug without its number, which then has room in 200."""


def stem(name: str) -> str:
    """Return the slug that a series called ``name`` has if no other of its client had it first."""
    return word(name)[:_MAX_STEM].rstrip("-") or "series"


def unnumbered(slug: str) -> str:
    """Return what slugs that ``free_slug`` could give twice have in common: ``titan`` of ``titan`` and ``titan-2``."""
    return re.sub("(-[0-9]+)+$", "", slug)


def free_slug(stem: str, taken: Collection[str]) -> str:
    """Return ``stem``, with the first number behind it that none of ``taken`` has where that is needed."""
    numbered = chain([stem], (f"{stem}-{number}" for number in count(2)))
    return next(slug for slug in numbered if slug not in taken)


def named_once(field: str, ids: Iterable[int], present: Collection[int]) -> None:
    """Check that ``field`` names things the series has, each once; raises the 400 that blames it."""
    for named, times in Counter(ids).items():
        if named not in present:
            raise invalid(field, f"{named} is not of this series")
        if times > 1:
            raise invalid(field, f"{named} is named more than once")


def _each_once(field: str, languages: list[str]) -> None:
    for language, times in Counter(languages).items():
        if times > 1:
            raise invalid(field, f"a series has one description in {language}")

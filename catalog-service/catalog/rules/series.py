"""Rules for series: slugs, and validation of the parts named in an edit."""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from itertools import chain, count

from catalog.rules.slugs import word
from shared.errors import invalid

_MAX_STEM = 190
"""Maximum length of a slug without its number suffix. The whole slug may have 200 characters."""


def stem(name: str) -> str:
    """Return the preferred slug of a series called ``name``, before numbering."""
    return word(name)[:_MAX_STEM].rstrip("-") or "series"


def unnumbered(slug: str) -> str:
    """Return ``slug`` without its number suffixes: ``titan`` for ``titan`` and ``titan-2``.

    ``free_slug`` can return the same slug for two stems only if their unnumbered forms are equal.
    """
    return re.sub("(-[0-9]+)+$", "", slug)


def free_slug(stem: str, taken: Collection[str]) -> str:
    """Return ``stem``, or ``stem-N`` with the lowest N (from 2) that is not in ``taken``."""
    numbered = chain([stem], (f"{stem}-{number}" for number in count(2)))
    return next(slug for slug in numbered if slug not in taken)


def named_once(field: str, ids: Iterable[int], present: Collection[int]) -> None:
    """Check that all ``ids`` are in ``present``, without duplicates. Raises a 400 for ``field``."""
    for named, times in Counter(ids).items():
        if named not in present:
            raise invalid(field, f"{named} is not of this series")
        if times > 1:
            raise invalid(field, f"{named} is named more than once")


def check_languages_once(field: str, languages: list[str]) -> None:
    """Check that ``languages`` has no duplicates. Raises a 400 for ``field``."""
    for language, times in Counter(languages).items():
        if times > 1:
            raise invalid(field, f"a series has one description in {language}")

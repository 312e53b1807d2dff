"""Slugs: the readable, lasting names under which volumes are found."""

import re
import unicodedata
from collections.abc import Iterable, Mapping

from anyascii import anyascii

from shared.fields.languages import CODES
from shared.fields.text import LONGEST_NAME

MAX_LENGTH = 200
"""Characters a slug may have."""

_TRANSLITERATED = ("LATIN ", "GREEK ", "CYRILLIC ", "ARMENIAN ", "GEORGIAN ")
"""Alphabets whose letters have usual counterparts in ASCII; letters of other scripts stay themselves."""
_APOSTROPHES = frozenset("'’‘ʼ`´")
_LONGEST_WORD = 4 * LONGEST_NAME
"""Characters of a name that are spelled. Compatibility characters unfold to as many as 18 others each."""
_NOT_PLAIN = re.compile("[^a-z0-9]")


def word(text: str) -> str:
    """Return ``text`` as one part of a slug: small letters and digits, joined by single hyphens."""
    unfolded = unicodedata.normalize("NFKC", text).casefold()[:_LONGEST_WORD]
    small = unicodedata.normalize("NFC", unfolded)
    kept = ""
    for letter in small:
        kept += _spelling(letter, after=kept[-1:])
    return re.sub("-+", "-", unicodedata.normalize("NFC", kept))[:_LONGEST_WORD].strip("-")


def _spelling(letter: str, *, after: str) -> str:
    """How ``letter`` is written in a slug, following the character ``after``."""
    category = unicodedata.category(letter)
    if category == "Nd":
        return str(unicodedata.decimal(letter))
    if category[0] in "LN":
        if unicodedata.name(letter, "").startswith(_TRANSLITERATED):
            return _NOT_PLAIN.sub("", anyascii(letter).lower())
        return letter
    if category[0] == "M":
        # A mark is dropped from letters written in ASCII; in other scripts it makes another letter.
        return letter if after and not after.isascii() else ""
    return "" if letter in _APOSTROPHES else "-"


def stem(parts: Iterable[str | None], language: str) -> str:
    """Return the slug that a volume has if no other volume had it first.

    ``parts`` are series, edition, special name and name, None where there is none; the language's ISO
    code ends it.
    """
    code = CODES.get(language) or word(language)
    body = "-".join(filter(None, (word(part) for part in parts if part)))
    return _joined(body, code)


def numbered(stem: str, number: int) -> str:
    """Return the slug of the ``number``-th volume (from 1) that would like to have ``stem``."""
    if number == 1:
        return stem
    body, _, code = stem.rpartition("-")
    return _joined(body, f"{code}-{number}")


def _joined(body: str, end: str) -> str:
    """Put ``end`` behind as much of ``body`` as fits."""
    fitting = body[: MAX_LENGTH - len(end) - 1].rstrip("-")
    return f"{fitting}-{end}" if fitting else end


def allocate(stems: Mapping[int, str], taken: Mapping[tuple[str, int], int]) -> dict[int, int]:
    """Return for every volume in ``stems`` (volume -> stem) the lowest number that is free or its own.

    ``taken`` holds (stem, number) -> volume of all slugs that any volume has or had.
    """
    own: dict[tuple[int, str], int] = {}
    for (stem, number), volume in taken.items():
        own[volume, stem] = min(number, own.get((volume, stem), number))
    given: dict[int, int] = {}
    free: dict[str, int] = {}
    for volume, stem in stems.items():
        number = free.get(stem, 1)
        while (stem, number) in taken:
            number += 1
        given[volume] = min(number, own.get((volume, stem), number))
        free[stem] = number + (given[volume] == number)
    return given

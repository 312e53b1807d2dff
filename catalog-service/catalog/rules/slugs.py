"""Slugs of volumes: readable, permanent identifiers in URLs."""

import re
import unicodedata
from collections.abc import Iterable, Mapping

from anyascii import anyascii

from shared.fields.languages import CODES
from shared.fields.text import LONGEST_NAME

MAX_LENGTH = 200
"""Maximum length of a slug, in characters."""

_TRANSLITERATED = ("LATIN ", "GREEK ", "CYRILLIC ", "ARMENIAN ", "GEORGIAN ")
"""Unicode name prefixes of scripts that are transliterated to ASCII. Letters of other scripts are kept."""
_APOSTROPHES = frozenset("'’‘ʼ`´")
_LONGEST_WORD = 4 * LONGEST_NAME
"""Maximum length of a word, in characters. NFKC expands a compatibility character to up to 18 others."""
_NOT_PLAIN = re.compile("[^a-z0-9]")


def word(text: str) -> str:
    """Return ``text`` as one part of a slug: lower-case letters and digits, joined by single hyphens."""
    unfolded = unicodedata.normalize("NFKC", text).casefold()[:_LONGEST_WORD]
    small = unicodedata.normalize("NFC", unfolded)
    kept = ""
    for letter in small:
        kept += _spelling(letter, after=kept[-1:])
    return re.sub("-+", "-", unicodedata.normalize("NFC", kept))[:_LONGEST_WORD].strip("-")


def _spelling(letter: str, *, after: str) -> str:
    """Return the slug spelling of ``letter``; ``after`` is the character before it in the slug."""
    category = unicodedata.category(letter)
    if category == "Nd":
        return str(unicodedata.decimal(letter))
    if category[0] in "LN":
        if unicodedata.name(letter, "").startswith(_TRANSLITERATED):
            return _NOT_PLAIN.sub("", anyascii(letter).lower())
        return letter
    if category[0] == "M":
        # A combining mark is dropped after ASCII letters; in other scripts it changes the letter.
        return letter if after and not after.isascii() else ""
    return "" if letter in _APOSTROPHES else "-"


def stem(parts: Iterable[str | None], language: str) -> str:
    """Return the preferred slug of a volume, before numbering.

    ``parts`` are series, edition, special name and name; absent parts are None. The language's ISO code is
    the last part.
    """
    code = CODES.get(language) or word(language)
    body = "-".join(filter(None, (word(part) for part in parts if part)))
    return _joined(body, code)


def numbered(stem: str, number: int) -> str:
    """Return the slug for number ``number`` (from 1) of ``stem``; number 1 has no suffix."""
    if number == 1:
        return stem
    body, _, code = stem.rpartition("-")
    return _joined(body, f"{code}-{number}")


def _joined(body: str, end: str) -> str:
    """Return ``body-end``, with ``body`` truncated to the maximum length."""
    fitting = body[: MAX_LENGTH - len(end) - 1].rstrip("-")
    return f"{fitting}-{end}" if fitting else end


def allocate(stems: Mapping[int, str], taken: Mapping[tuple[str, int], int]) -> dict[int, int]:
    """Return a number for each volume in ``stems`` (volume -> stem): the lowest that is free or its own.

    ``taken`` maps (stem, number) to the volume that has or had that slug.
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

"""How text is cleaned, compared and ordered, the same in every database.

Folding and sort keys are computed here rather than by a PostgreSQL collation: they then hold
under any locale, without ICU, and an index on the stored key is plain ``COLLATE "C"``.
"""

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii

LONGEST_NAME = 255
"""Characters of a name, and of everything else that is one line."""
LONGEST_TEXT = 20_000
"""Characters of a note or a description."""
MOST_MARKS = 30
"""Combining marks in a row, as in the Stream-Safe Text Format (UAX #15). Far more than any language writes."""

_MOST_COMPOSED = 4
"""Code points of which NFC makes one character, at most."""
_LONGEST_FOLDED = 4 * LONGEST_NAME
"""Compatibility characters unfold to as many as 18 others each. Real names stay far below this."""
_IS_MARK = bytes([0] + 255 * [1])
"""Translates canonical combining classes: 0 for characters that begin anew, 1 for marks."""
_TOO_MANY_MARKS = b"\1" * (MOST_MARKS + 1)
_TWO_MARKS = "\u0f73\u0f75\u0f81"
"""Tibetan vowel signs of class 0 that NFC turns into two marks each. Unicode has no other such characters."""
_TWO_OTHERS = "\u0f71\u0f71"
_DIGITS = re.compile(r"\d+")
_COMBINING_DIACRITICS = re.compile("[\u0300-\u036f]")


class TooLong(ValueError):
    """A text has more characters than it may have."""

    def __init__(self, longest: int) -> None:
        super().__init__(f"must have at most {longest} characters")


def clean(text: str, longest: int) -> str:
    """Return ``text`` NFC-normalised and stripped.

    Raises ``ValueError`` for more than ``longest`` characters, for NUL and lone surrogates, which PostgreSQL cannot
    store, and for more than ``MOST_MARKS`` combining marks in a row. Length and marks are checked before
    normalisation: it sorts each run of marks in quadratic time.
    """
    text = text.strip()
    if len(text) > longest * _MOST_COMPOSED:
        raise TooLong(longest)
    if "\x00" in text:
        raise ValueError("must not contain NUL characters")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("must not contain lone surrogates") from None
    if text.isascii():
        normal = text
    else:
        _check_marks(text)
        normal = unicodedata.normalize("NFC", text)
        if normal != text:
            # NFC decomposes some characters to a letter with marks. What it makes must be accepted again as it is.
            _check_marks(normal)
    if len(normal) > longest:
        raise TooLong(longest)
    return normal


def _check_marks(text: str) -> None:
    """Raise ``ValueError`` for a run of too many combining marks, in one pass over ``text``."""
    for vowel in _TWO_MARKS:
        text = text.replace(vowel, _TWO_OTHERS)
    classes = bytes(map(unicodedata.combining, text))
    if _TOO_MANY_MARKS in classes.translate(_IS_MARK):
        raise ValueError(f"must not have more than {MOST_MARKS} combining marks in a row")


def fold(text: str) -> str:
    """Return ``text`` as search compares it: without case, accents and width.

    ``Pokémon`` and ``ＰＯＫＥＭＯＮ`` fold to ``pokemon``, ``Ø`` to ``o``. Only marks of Latin, Greek and Cyrillic
    letters are dropped: a dakuten makes another kana, not an accented one.

    ``text`` is clean, and no longer than a name: what folds to more than ``_LONGEST_FOLDED`` characters is cut.
    """
    if text.isascii():
        return text.lower()
    unfolded = unicodedata.normalize("NFKC", text).casefold()[:_LONGEST_FOLDED]
    decomposed = unicodedata.normalize("NFKD", unfolded)
    bare = unicodedata.normalize("NFC", _COMBINING_DIACRITICS.sub("", decomposed))
    return (bare if bare.isascii() else "".join(map(_plain_latin, bare)))[:_LONGEST_FOLDED]


@lru_cache(maxsize=4096)
def _plain_latin(letter: str) -> str:
    """Spell a Latin letter that has no decomposition (``ø``, ``ł``, ``æ``) in ASCII."""
    if letter.isascii() or not unicodedata.name(letter, "").startswith("LATIN "):
        return letter
    return anyascii(letter).lower()


def natural_key(text: str) -> str:
    """Return the key that sorts ``text`` as people do, compared code point by code point.

    Folded; runs of digits compare by value (``Volume 2`` before ``Volume 10``): each is written as ``0``, its
    length in three digits, and the number. Equal keys are the caller's to break, by id.
    """
    return _DIGITS.sub(_number_key, fold(text))


def _number_key(run: re.Match[str]) -> str:
    digits = "".join(str(unicodedata.decimal(digit)) for digit in run[0]).lstrip("0") or "0"
    return f"0{len(digits):03d}{digits}"


def like_pattern(search: str) -> str:
    r"""Return the ``LIKE`` pattern of a literal substring search for the folded ``search``.

    ``%``, ``_`` and ``\`` mean themselves.
    """
    escaped = fold(search).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"

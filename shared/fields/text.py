"""Cleaning, case folding and sort keys of text.

Fold and sort keys are computed here and stored, not derived by a PostgreSQL collation. So they do not depend on the
locale or on ICU, and an index on them uses ``COLLATE "C"``.
"""

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii

LONGEST_NAME = 255
"""Maximum characters of a name or any other single line."""
LONGEST_TEXT = 20_000
"""Maximum characters of a note or a description."""
MOST_MARKS = 30
"""Maximum combining marks in a row, from the Stream-Safe Text Format (UAX #15). No language needs that many."""

_MAX_COMPOSED = 4
"""Maximum code points that NFC composes into one."""
_LONGEST_FOLDED = 4 * LONGEST_NAME
"""Maximum characters of folded text. NFKC turns one character into up to 18; real names stay far below."""
_IS_MARK = bytes([0] + 255 * [1])
"""Translation table of canonical combining classes: 0 for base characters, 1 for marks."""
_TOO_MANY_MARKS = b"\1" * (MOST_MARKS + 1)
_TWO_MARKS = "\u0f73\u0f75\u0f81"
"""The Tibetan vowel signs, the only characters of class 0 that NFC decomposes into two marks."""
_TWO_OTHERS = "\u0f71\u0f71"
_DIGITS = re.compile(r"\d+")
_COMBINING_DIACRITICS = re.compile("[\u0300-\u036f]")


class TooLong(ValueError):
    """A text exceeds its maximum length."""

    def __init__(self, longest: int) -> None:
        super().__init__(f"must have at most {longest} characters")


def clean(text: str, longest: int) -> str:
    """Return ``text`` stripped and NFC-normalised.

    Raises ``ValueError`` for more than ``longest`` characters, for NUL and lone surrogates, which PostgreSQL cannot
    store, and for more than ``MOST_MARKS`` combining marks in a row. Length and marks are checked before normalisation,
    because normalising a run of marks takes quadratic time.
    """
    text = text.strip()
    if len(text) > longest * _MAX_COMPOSED:
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
            # NFC decomposes some characters into a letter with marks. The result must be valid input too.
            _check_marks(normal)
    if len(normal) > longest:
        raise TooLong(longest)
    return normal


def _check_marks(text: str) -> None:
    """Raise ``ValueError`` for more than ``MOST_MARKS`` combining marks in a row, in one pass over ``text``."""
    for vowel in _TWO_MARKS:
        text = text.replace(vowel, _TWO_OTHERS)
    classes = bytes(map(unicodedata.combining, text))
    if _TOO_MANY_MARKS in classes.translate(_IS_MARK):
        raise ValueError(f"must not have more than {MOST_MARKS} combining marks in a row")


def fold(text: str) -> str:
    """Return the search form of ``text``, without case, accents and width.

    ``Pokémon`` and ``ＰＯＫＥＭＯＮ`` fold to ``pokemon``, ``Ø`` to ``o``. Only marks of Latin, Greek and Cyrillic
    letters are removed: a kana with a dakuten is a letter of its own.

    ``text`` must be clean and at most as long as a name. The result is cut to ``_LONGEST_FOLDED`` characters.
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
    """Return the natural sort key of ``text``; keys compare by code point.

    The text is folded, and each run of digits is replaced by ``0``, its length in three digits, and the number, so that
    digits compare by value (``Volume 2`` before ``Volume 10``). The caller orders equal keys by id.
    """
    return _DIGITS.sub(_number_key, fold(text))


def _number_key(run: re.Match[str]) -> str:
    digits = "".join(str(unicodedata.decimal(digit)) for digit in run[0]).lstrip("0") or "0"
    return f"0{len(digits):03d}{digits}"


def like_pattern(search: str) -> str:
    r"""Return the ``LIKE`` pattern that matches folded text containing ``search``.

    ``%``, ``_`` and ``\`` in ``search`` are escaped.
    """
    escaped = fold(search).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"

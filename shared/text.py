"""How text is cleaned, compared and ordered, the same in every database.

Folding and sort keys are computed here rather than by a PostgreSQL collation: they then hold
under any locale, without ICU, and an index on the stored key is plain ``COLLATE "C"``.
"""

import re
import unicodedata

from anyascii import anyascii

_DIGITS = re.compile(r"\d+")
_COMBINING_DIACRITICS = re.compile("[\u0300-\u036f]")


def clean(text: str) -> str:
    """Return ``text`` NFC-normalised and stripped.

    Raises ``ValueError`` for NUL and lone surrogates, which PostgreSQL cannot store.
    """
    if "\x00" in text:
        raise ValueError("must not contain NUL characters")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("must not contain lone surrogates") from None
    return unicodedata.normalize("NFC", text).strip()


def fold(text: str) -> str:
    """Return ``text`` as search compares it: without case, accents and width.

    ``Pokémon`` and ``ＰＯＫＥＭＯＮ`` fold to ``pokemon``, ``Ø`` to ``o``. Only marks of Latin, Greek and Cyrillic
    letters are dropped: a dakuten makes another kana, not an accented one.
    """
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    bare = unicodedata.normalize("NFC", _COMBINING_DIACRITICS.sub("", decomposed))
    return bare if bare.isascii() else "".join(map(_plain_latin, bare))


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

"""Supported languages. Add a line to ``CODES`` to add one."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from shared.fields.text import LONGEST_NAME

CODES = {
    "German": "de",
    "English": "en",
    "French": "fr",
    "Spanish": "es",
    "Italian": "it",
    "Japanese": "ja",
    "Korean": "ko",
    "Chinese": "zh",
    "Portuguese": "pt",
    "Polish": "pl",
}
"""English name -> ISO 639-1 code."""

_NAMES = {spelling.lower(): name for name, code in CODES.items() for spelling in (name, code)}


def language_name(text: str) -> str | None:
    """Return the English name of the language in ``text``, its name or code in any case; None if it is unknown."""
    spelling = text.strip()
    return _NAMES.get(spelling.lower()) if len(spelling) <= LONGEST_NAME else None


def _language(value: Any) -> str:
    name = language_name(value) if isinstance(value, str) else None
    if name is None:
        raise ValueError("must be a known language, by English name or ISO 639-1 code")
    return name


Language = Annotated[
    str,
    BeforeValidator(_language),
    Field(description="English name or ISO 639-1 code, any case.", examples=["German"]),
]
"""A language, stored as its English name."""

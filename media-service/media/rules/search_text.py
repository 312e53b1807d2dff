"""Search text of media library entries."""

from collections.abc import Sequence

from shared.fields.text import fold

_END = "\x1f"
"""Terminates each text, so that no search term can match across two texts. Users cannot type it."""


def search_text(name: str, tags: Sequence[str]) -> str:
    """Return the folded name and tags, for patterns of ``shared.fields.text.like_pattern``."""
    return "".join(fold(text).replace(_END, "") + _END for text in (name, *tags))

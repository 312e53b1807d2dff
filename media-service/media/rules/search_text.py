"""What a search in the media library looks through."""

from collections.abc import Sequence

from shared.fields.text import fold

_END = "\x1f"
"""Ends each text, so that no search can match across two of them; nobody types this character."""


def search_text(name: str, tags: Sequence[str]) -> str:
    """Return the folded name and tags in which ``shared.fields.text.like_pattern`` searches."""
    return "".join(fold(text).replace(_END, "") + _END for text in (name, *tags))

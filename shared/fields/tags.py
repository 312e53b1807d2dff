"""Parsing and limits of tags."""

from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from shared.fields.text import LONGEST_NAME, clean

MAX_TAGS = 200
"""Maximum number of tags in one field."""
_MAX_SENT = 1000
"""Maximum number of tags in a request, blanks and duplicates included."""
_NO_TAGS = "must be an array of texts or one comma-separated text"
_TOO_MANY = f"must be at most {MAX_TAGS} tags"


def read_tags(value: Any) -> list[str]:
    """Return the tags of an array or a comma-separated text: cleaned, without blanks and duplicates.

    Tags that differ only in case are duplicates; the first spelling is kept. ``None`` gives no tags. Raises
    ``ValueError`` for any other type, for a tag over 255 characters, for more than 200 tags after cleaning and for more
    than 1000 before.
    """
    items = value.split(",", _MAX_SENT) if isinstance(value, str) else [] if value is None else value
    if not isinstance(items, list):
        raise ValueError(_NO_TAGS)
    if len(items) > _MAX_SENT:
        raise ValueError(_TOO_MANY)
    if not all(isinstance(tag, str) for tag in items):
        raise ValueError(_NO_TAGS)
    first_spellings: dict[str, str] = {}
    for tag in filter(None, (clean(tag, LONGEST_NAME) for tag in items)):
        first_spellings.setdefault(tag.casefold(), tag)
    if len(first_spellings) > MAX_TAGS:
        raise ValueError(_TOO_MANY)
    return list(first_spellings.values())


Tags = Annotated[
    list[str],
    BeforeValidator(read_tags),
    WithJsonSchema(
        {
            "anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}],
            "description": "An array, or one comma-separated text. Blanks and duplicates are dropped.",
            "examples": [["Action", "Fantasy"]],
        }
    ),
]
"""Tags in a body; see ``read_tags``."""

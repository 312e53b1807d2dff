"""Tags: short texts that things are filed under, as clients send them and as they are stored."""

from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from shared.text import clean

MOST = 200
"""How many tags one thing may have."""
_LONGEST = 255


def read_tags(value: Any) -> list[str]:
    """Return the tags in an array or a comma-separated text: cleaned, no blanks, no duplicates.

    Tags that differ in case only are duplicates; the first spelling stays. ``None`` is no tags. Raises
    ``ValueError`` for anything else, for a tag over 255 characters and for more than 200 tags.
    """
    given = value.split(",") if isinstance(value, str) else [] if value is None else value
    if not isinstance(given, list) or not all(isinstance(tag, str) for tag in given):
        raise ValueError("must be an array of texts or one comma-separated text")
    first_spellings: dict[str, str] = {}
    for tag in filter(None, map(clean, given)):
        first_spellings.setdefault(tag.casefold(), tag)
    tags = list(first_spellings.values())
    if len(tags) > MOST:
        raise ValueError(f"must be at most {MOST} tags")
    if any(len(tag) > _LONGEST for tag in tags):
        raise ValueError(f"must have at most {_LONGEST} characters each")
    return tags


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

"""Tags: short texts that things are filed under, as clients send them and as they are stored."""

from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from shared.fields.text import LONGEST_NAME, clean

MAX_TAGS = 200
"""How many tags one thing may have."""
_MOST_SENT = 1000
"""How many may be sent, blanks and duplicates included."""
_NO_TAGS = "must be an array of texts or one comma-separated text"
_TOO_MANY = f"must be at most {MAX_TAGS} tags"


def read_tags(value: Any) -> list[str]:
    """Return the tags in an array or a comma-separated text: cleaned, no blanks, no duplicates.

    Tags that differ in case only are duplicates; the first spelling stays. ``None`` is no tags. Raises
    ``ValueError`` for anything else, for a tag over 255 characters, for more than 200 tags, and where more than 1000
    were sent.
    """
    given = value.split(",", _MOST_SENT) if isinstance(value, str) else [] if value is None else value
    if not isinstance(given, list):
        raise ValueError(_NO_TAGS)
    if len(given) > _MOST_SENT:
        raise ValueError(_TOO_MANY)
    if not all(isinstance(tag, str) for tag in given):
        raise ValueError(_NO_TAGS)
    first_spellings: dict[str, str] = {}
    for tag in filter(None, (clean(tag, LONGEST_NAME) for tag in given)):
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

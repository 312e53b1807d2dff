"""Pagination: the query parameters of a list, and the position of a page in the response."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, WithJsonSchema
from typing_extensions import TypedDict

from shared.fields.text import LONGEST_NAME, TooLong, clean, fold
from shared.fields.values import MAX_SAFE_INTEGER, Id, Whole

UNLIMITED = MAX_SAFE_INTEGER


def _search(text: str) -> str:
    """Return the cleaned search text. Both it and its folded form may have ``LONGEST_NAME`` characters."""
    cleaned = clean(text, LONGEST_NAME)
    if len(fold(cleaned)) > LONGEST_NAME:
        raise TooLong(LONGEST_NAME)
    return cleaned


Search = Annotated[
    str, AfterValidator(_search), WithJsonSchema({"type": "string", "maxLength": LONGEST_NAME})
]


class PageQuery(BaseModel):
    """Query parameters common to all lists. Blank values count as absent."""

    limit: Id = Field(default=UNLIMITED, description="Maximum number of results; unlimited when left out.")
    offset: Whole = Field(default=0, description="How many results to skip.")
    search: Search = Field(
        default="",
        description="A literal substring; case and accents do not matter, `%` and `_` mean themselves.",
    )


PageFacts = TypedDict("PageFacts", {"max": int, "from": int, "to": int, "total": int})
PageFacts.__doc__ = "Position of a page: number of pages, 1-based first and last position, number of matches."


def page_facts(total: int, query: PageQuery, returned: int) -> PageFacts:
    """Return the position of a page with ``returned`` entries out of ``total`` matches.

    ``max``, ``from`` and ``to`` are 0 for an empty page.
    """
    if not returned:
        return {"max": 0, "from": 0, "to": 0, "total": total}
    return {
        "max": -(-total // query.limit),
        "from": query.offset + 1,
        "to": query.offset + returned,
        "total": total,
    }


def returned_rows(total: int, query: PageQuery) -> int:
    """Return the number of entries on the page, given ``total`` matches."""
    return max(0, min(query.limit, total - query.offset))

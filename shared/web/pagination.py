"""Pages of a list: what a client asks for, and what is said about the page it gets."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, WithJsonSchema
from typing_extensions import TypedDict

from shared.fields.text import LONGEST_NAME, TooLong, clean, fold
from shared.fields.values import MAX_SAFE_INTEGER, Id, Whole

UNLIMITED = MAX_SAFE_INTEGER


def _search(given: str) -> str:
    """Return what is searched for, cleaned. Its length is bounded as it is and as the database gets it."""
    cleaned = clean(given, LONGEST_NAME)
    if len(fold(cleaned)) > LONGEST_NAME:
        raise TooLong(LONGEST_NAME)
    return cleaned


Search = Annotated[
    str, AfterValidator(_search), WithJsonSchema({"type": "string", "maxLength": LONGEST_NAME})
]


class PageQuery(BaseModel):
    """The part of a list's query that every list has. Blank values count as absent."""

    limit: Id = Field(default=UNLIMITED, description="Maximum number of results; unlimited when left out.")
    offset: Whole = Field(default=0, description="How many results to skip.")
    search: Search = Field(
        default="",
        description="A literal substring; case and accents do not matter, `%` and `_` mean themselves.",
    )


PageFacts = TypedDict("PageFacts", {"max": int, "from": int, "to": int, "total": int})
PageFacts.__doc__ = (
    "Where a page stands: number of pages, 1-based first and last position, number of matches."
)


def page_facts(total: int, query: PageQuery, returned: int) -> PageFacts:
    """Return the facts of a page of ``returned`` entries out of ``total`` matches.

    Where nothing is returned ``max``, ``from`` and ``to`` are 0.
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
    """Return how many of ``total`` matches the page holds, known before they are read."""
    return max(0, min(query.limit, total - query.offset))

"""Lists as answers: a page made whole in one statement, a long list sent while it is read."""

from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic_core import to_json
from sqlalchemy import Connection, Select, Text, func, literal, select

from shared.api import Json, Stream
from shared.pages import PageFacts, PageQuery, page_facts, returned_rows

Document = TypeVar("Document")

LONGEST_PAGE = 1000
"""How many entries are held in memory at once; a list that may hold more streams."""

_ROWS_AT_A_TIME = 200

Listing = Json[Document] | Stream[Document]
"""What a list's route returns: the document ``{name: [entries], max, from, to, total}``."""


def listing(
    db: Connection,
    name: str,
    page: Select[str],
    *,
    total: Select[int],
    query: PageQuery,
) -> Listing[Any]:
    """Return the list ``name`` whose entries ``page`` selects, one JSON text a row, in order.

    ``page`` is cut to the query's limit and offset already; ``total`` counts all matches.
    """
    if query.limit > LONGEST_PAGE:
        matches = db.execute(total).scalar_one()
        options = {"stream_results": True, "yield_per": _ROWS_AT_A_TIME}
        rows = db.execute(page, execution_options=options).scalars()
        return Stream(_pieces(name, rows.partitions(), _facts(matches, query)))
    entries = page.subquery()
    joined = select(func.coalesce(func.string_agg(entries.c[0], literal(",", Text)), ""))
    whole = select(total.scalar_subquery(), joined.scalar_subquery())
    matches, text = db.execute(whole).one()
    return Json("".join(_pieces(name, iter([[text]]), _facts(matches, query))))


def _facts(matches: int, query: PageQuery) -> PageFacts:
    return page_facts(matches, query, returned_rows(matches, query))


def _pieces(name: str, parts: Iterator[Any], facts: PageFacts) -> Iterator[str]:
    yield f'{{"{name}":['
    between = ""
    for part in parts:
        yield between + ",".join(part)
        between = ","
    yield "]," + to_json(facts).decode()[1:]

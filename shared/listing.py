"""Lists as answers: a page made whole in one statement, a long list sent while it is read."""

from collections.abc import Generator, Iterator
from functools import cached_property
from typing import Any, TypeVar

from pydantic_core import to_json
from sqlalchemy import Select, Text, func, literal, select

from shared.api import Json, Stream
from shared.database import Database
from shared.pages import PageFacts, PageQuery, page_facts, returned_rows

Document = TypeVar("Document")

LONGEST_PAGE = 1000
"""How many entries are held in memory at once; a list that may hold more streams."""

_ROWS_AT_A_TIME = 200

Listing = Json[Document] | Stream[Document]
"""What a list's route returns: the document ``{name: [entries], max, from, to, total}``."""


class Entries:
    """The statements of a list: ``page`` selects one JSON text a row, in order, ``total`` counts all matches.

    ``page`` is cut to the query's limit and offset. Made once and used again with other values for their
    parameters, they need not be put together at every request.
    """

    def __init__(self, page: Select[str], total: Select[int]) -> None:
        self.page = page
        self.total = total

    @cached_property
    def whole(self) -> Select[int, str]:
        """Select the total, and all entries of the page as one text with commas between them."""
        entries = self.page.subquery()
        joined = select(func.coalesce(func.string_agg(entries.c[0], literal(",", Text)), ""))
        return select(self.total.scalar_subquery(), joined.scalar_subquery())


def listing(database: Database, name: str, entries: Entries, query: PageQuery, **values: Any) -> Listing[Any]:
    """Return the list ``name`` of ``entries``; ``values`` are those of their parameters."""
    if query.limit > LONGEST_PAGE:
        return Stream(_streamed(database, name, entries, query, values))
    with database.asking() as db:
        matches, text = db.execute(entries.whole, values).one()
    return Json("".join(_pieces(name, iter([[text]]), _facts(matches, query))))


def _streamed(
    database: Database, name: str, entries: Entries, query: PageQuery, values: dict[str, Any]
) -> Generator[str, None, None]:
    with database.reading() as db:
        matches = db.execute(entries.total, values).scalar_one()
        options = {"stream_results": True, "yield_per": _ROWS_AT_A_TIME}
        rows = db.execute(entries.page, values, execution_options=options).scalars()
        yield from _pieces(name, rows.partitions(), _facts(matches, query))


def _facts(matches: int, query: PageQuery) -> PageFacts:
    return page_facts(matches, query, returned_rows(matches, query))


def _pieces(name: str, parts: Iterator[Any], facts: PageFacts) -> Iterator[str]:
    yield f'{{"{name}":['
    between = ""
    for part in parts:
        yield between + ",".join(part)
        between = ","
    yield "]," + to_json(facts).decode()[1:]

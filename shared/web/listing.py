"""Lists as answers: a page made whole in one statement, a long list sent while it is read."""

import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, TypeVar

from pydantic_core import to_json
from sqlalchemy import BigInteger, Select, bindparam, case, func, literal_column, select

from shared.errors import UNAVAILABLE
from shared.postgres.engine import Database
from shared.postgres.prepared import PreparedQuery
from shared.web.answers import Json, Stream
from shared.web.pagination import PageQuery, page_facts, returned_rows

Document = TypeVar("Document")

MAX_BUFFERED_ROWS = 200
"""Entries of a page that may be made whole; a list that may hold more streams."""
LARGEST_PAGE = 1024 * 1024
"""Bytes of entries that are held in memory at once; a page that has more streams too."""

_FIRST_ROWS, _MOST_ROWS = 8, 200
"""Rows that a stream fetches at once."""

MAX_STREAMS = 2
"""Lists that a process streams at once. Each holds a connection of its pool (4) as long as it lasts."""
_SLOT_SECONDS = 10.0
"""Longest wait for one of them: less than the gateway waits for an answer (``SERVICE_SECONDS``)."""
_slots = threading.BoundedSemaphore(MAX_STREAMS)

LIMIT = bindparam("limit", type_=BigInteger)
OFFSET = bindparam("offset", type_=BigInteger)
"""What a list's page is cut to."""

Listing = Json[Document] | Stream[Document]
"""What a list's route returns: the document ``{name: [entries], max, from, to, total}``."""


class Entries:
    """The statements of a list: ``page`` selects one JSON text a row, in order, ``total`` counts all matches.

    ``page`` is cut to ``LIMIT`` and ``OFFSET``. Both are made once and used again with other values for
    their parameters. With ``planned_once`` PostgreSQL need not look for the best plan each time.
    """

    def __init__(self, page: Select[str], total: Select[int], *, planned_once: bool = False) -> None:
        self.page = page
        self.total = total
        self._planned_once = planned_once

    @cached_property
    def whole(self) -> PreparedQuery:
        """Ask for the total and the page's entries, joined by commas; null where they exceed ``LARGEST_PAGE``.

        Entries are joined in their order, as nothing lies between them and the function that joins them.
        """
        entries = self.page.subquery()
        joined = select(func.string_agg(entries.c[0], literal_column("','")).label("text")).subquery()
        small = case((func.octet_length(joined.c.text) <= literal_column(str(LARGEST_PAGE)), joined.c.text))
        rows = select(self.total.scalar_subquery().label("matches"), small.label("text")).select_from(joined)
        return PreparedQuery(rows, planned_once=self._planned_once)


def listing(database: Database, name: str, entries: Entries, query: PageQuery, **values: Any) -> Listing[Any]:
    """Return the list ``name`` of ``entries``; ``values`` are those of their parameters."""
    values |= {"limit": query.limit, "offset": query.offset}
    if query.limit > MAX_BUFFERED_ROWS:
        return Stream(_streamed(database, name, entries, query, values))
    ((matches, text),) = database.fetch_all(entries.whole, values)
    if text is None and returned_rows(matches, query):
        return Stream(_streamed(database, name, entries, query, values))
    before, after = _around(name, matches, query)
    return Json(before + (text or b"") + after)


def _streamed(
    database: Database, name: str, entries: Entries, query: PageQuery, values: dict[str, Any]
) -> Generator[bytes, None, None]:
    with _stream_slot(), database.reading() as db:
        before, after = _around(name, db.execute(entries.total, values).scalar_one(), query)
        options = {"stream_results": True, "yield_per": 1}  # what is fetched at once is said each time
        texts = db.execute(entries.page, values, execution_options=options).scalars()
        yield before
        between, rows = "", _FIRST_ROWS
        while part := texts.fetchmany(rows):
            piece = (between + ",".join(part)).encode()
            yield piece
            between, rows = ",", _rows_after(len(part), len(piece))
        yield after


@contextmanager
def _stream_slot() -> Iterator[None]:
    """Hold one of ``MAX_STREAMS`` slots during the ``with`` block; raises 503 where none becomes free in time."""
    if not _slots.acquire(timeout=_SLOT_SECONDS):
        raise UNAVAILABLE
    try:
        yield
    finally:
        _slots.release()


def _rows_after(rows: int, size: int) -> int:
    """Return how many rows to fetch after so many of this ``size``: about ``LARGEST_PAGE`` bytes."""
    return max(1, min(2 * rows, LARGEST_PAGE * rows // size, _MOST_ROWS))


def _around(name: str, matches: int, query: PageQuery) -> tuple[bytes, bytes]:
    """Return what stands before and after the entries."""
    facts = page_facts(matches, query, returned_rows(matches, query))
    return f'{{"{name}":['.encode(), b"]," + to_json(facts)[1:]

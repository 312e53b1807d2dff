"""Reads the three ledgers of stored pictures as one, page by page, without a long transaction."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812  # a class
from psycopg2.sql import SQL, Composed, Identifier, Literal

from deploy.postgresql.bootstrap import reason
from deploy.postgresql.migrations import HISTORIES
from deploy.user_error import UserError

BATCH = 1000
"""Rows of a page."""

EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Row:
    """The row of a key in a ledger."""

    key: str
    ledger: str
    """The schema of the ledger."""
    state: str
    since: datetime
    """Time at which the key entered its state: the start of that transaction."""


class Ledgers:
    """All ``files`` tables. Each query is a transaction of its own and sees what is committed at that time."""

    def __init__(self, connection: Connection) -> None:
        """Use a connection in autocommit whose role may read all schemas."""
        self._connection = connection

    def now(self) -> datetime:
        """Return the database's time."""
        time: datetime = self._fetch_all(SQL("SELECT clock_timestamp()"))[0][0]
        return time

    def count_live(self, since: datetime = EVER) -> int:
        """Return the number of keys that are live and became so at or after ``since``."""
        tables = SQL(" UNION ALL ").join(
            SQL("SELECT count(*) FROM {}.files WHERE state = 'live' AND since >= {}").format(
                Identifier(schema), Literal(since)
            )
            for schema in HISTORIES
        )
        return sum(row[0] for row in self._fetch_all(tables))

    def live(self, since: datetime = EVER) -> Iterator[list[str]]:
        """Return the keys that are live and became so at or after ``since``, in order, in batches."""
        condition = SQL("state = 'live' AND since >= {}").format(Literal(since))
        after = ""
        while rows := self._page(condition, after):
            yield [row.key for row in rows]
            after = rows[-1].key

    def rows(self) -> Iterator[Row]:
        """Return all rows, sorted by key."""
        after = ""
        while rows := self._page(SQL("true"), after):
            yield from rows
            after = rows[-1].key

    def of(self, keys: Sequence[str]) -> dict[str, Row]:
        """Return key -> row; keys without a row are left out."""
        found: dict[str, Row] = {}
        for begin in range(0, len(keys), BATCH):
            condition = SQL("key = ANY({})").format(Literal(list(keys[begin : begin + BATCH])))
            found |= {row.key: row for row in self._page(condition, "")}
        return found

    def _page(self, condition: SQL | Composed, after: str) -> list[Row]:
        tables = SQL(" UNION ALL ").join(
            SQL(
                "(SELECT key, {} AS ledger, state, since FROM {}.files WHERE key > {} AND {} ORDER BY key LIMIT {})"
            ).format(Literal(schema), Identifier(schema), Literal(after), condition, Literal(BATCH))
            for schema in HISTORIES
        )
        page = SQL("{} ORDER BY key LIMIT {}").format(tables, Literal(BATCH))
        return [Row(*row) for row in self._fetch_all(page)]

    def _fetch_all(self, statement: SQL | Composed) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()


@contextmanager
def reading(database: str) -> Iterator[Ledgers]:
    """Open the ledgers of a database during the ``with`` block; raises ``UserError`` if reading fails."""
    connection = None
    try:
        connection = psycopg2.connect(database, connect_timeout=5)
        connection.set_session(readonly=True, autocommit=True)
        yield Ledgers(connection)
    except psycopg2.Error as error:
        raise UserError(
            f"Cannot read the database ({reason(error)})", "check that it runs, then try again."
        ) from None
    finally:
        if connection is not None:
            connection.close()

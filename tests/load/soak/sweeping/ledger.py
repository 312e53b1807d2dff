"""The catalogue's ledger, read directly in the database."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg2

from deploy.stack.stack import Stack


class Ledger:
    """The catalogue's ledger, as the database's owner."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def age(self, key: str, milliseconds: float) -> None:
        """Make a pending key expired for so many milliseconds, or expire in so many if negative."""
        self._cursor.execute(
            "UPDATE catalog.files SET since = now() - interval '15 min' - %s * interval '1 ms'"
            " WHERE key = %s AND state = 'pending'",
            [milliseconds, key],
        )

    def covers(self, volumes: Sequence[int]) -> list[tuple[int, str, str | None]]:
        """Return volume, key and state of each cover."""
        self._cursor.execute(
            "SELECT id, front_key, state FROM catalog.volumes LEFT JOIN catalog.files ON key = front_key"
            " WHERE id = ANY(%s) AND front_key IS NOT NULL",
            [list(volumes)],
        )
        return list(self._cursor.fetchall())

    def states(self, keys: Sequence[str]) -> dict[str, str]:
        """Return the states of those keys that are in the ledger."""
        self._cursor.execute("SELECT key, state FROM catalog.files WHERE key = ANY(%s)", [list(keys)])
        return dict(self._cursor.fetchall())


@contextmanager
def ledger_of(stack: Stack) -> Iterator[Ledger]:
    """Open the ledger as the database's owner during the ``with`` block."""
    connection = psycopg2.connect(stack.admin_database_url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield Ledger(cursor)
    finally:
        connection.close()

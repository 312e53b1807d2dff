"""The gateway's prepared statements, and its connection pool for PostgreSQL.

No ORM and no transactions: each call is one statement, which may be executed twice. The worker limits each wait for
the server (see ``worker.py``), so that a stalled server delays requests by seconds only.
"""

import logging
import time
from collections import deque
from collections.abc import Sequence
from typing import Any

import gevent
import psycopg2
from gevent.event import AsyncResult
from psycopg2.extensions import cursor as Cursor  # noqa: N812  # a class

from shared.observability import tracing
from shared.observability.metrics import histogram
from shared.postgres import pool_metrics

_log = logging.getLogger("bunko.gateway")

_WAIT_SECONDS = 1.0
"""Seconds that a call waits for a free connection."""
_SESSION = "-c statement_timeout=1500ms -c lock_timeout=1s -c timezone=UTC"
_PREPARE = {
    "session": "PREPARE session (text) AS SELECT user_id, username, permissions, generation, parent_is_good,"
    " sighting_is_due FROM users.active_session WHERE session_id = $1",
    "see_session": "PREPARE see_session (text) AS SELECT users.see_session($1)",
    "end_session": "PREPARE end_session (text) AS SELECT users.end_session($1)",
    "count_request": "PREPARE count_request (text, integer) AS SELECT users.count_request($1, $2)",
}
"""Name of a prepared statement -> the SQL that prepares it."""
_FACTS = {"db.system.name": "postgresql"}


_SECONDS = histogram(
    "bunko_gateway_question_seconds", "Time that the gateway's questions to PostgreSQL took.", "question"
)


class DatabaseUnavailable(Exception):
    """The database is unavailable. Do not treat the caller as signed out."""


class GatewayDatabase:
    """A pool of connections, with the prepared statements named ``statements``.

    The database role may read ``users.active_session`` and call the functions of these statements, and nothing else.
    """

    def __init__(self, url: str, *statements: str, connections: int = 8) -> None:
        self._url = url.replace("postgresql+psycopg2://", "postgresql://", 1)
        self._statements = statements
        # One cursor for each connection. The one used last is used next; None is connected when it is needed.
        self._free: list[Cursor | None] = [None] * connections
        self._waiting: deque[AsyncResult] = deque()
        self._seconds = {name: _SECONDS.of(name) for name in statements}
        pool_metrics.KEPT.change(connections)

    def call(self, statement: str, *values: Any) -> Sequence[Any] | None:
        """Execute a prepared statement and return its row, None if there is none.

        Raises ``DatabaseUnavailable``. A dead connection is replaced once, as the server may have restarted.
        """
        marks = ", ".join(["%s"] * len(values))
        began = time.perf_counter()
        try:
            with tracing.step(f"ask the database: {statement}", asks=True, **_FACTS):
                return self._row(f"EXECUTE {statement} ({marks})", values)
        finally:
            self._seconds[statement].observe(time.perf_counter() - began)

    def check(self) -> None:
        """Execute ``SELECT 1``; raises ``DatabaseUnavailable``."""
        self._row("SELECT 1", ())

    def _row(self, statement: str, values: Sequence[Any]) -> Sequence[Any] | None:
        try:
            return self._execute(statement, values)
        except psycopg2.Error:
            pass
        except OSError as error:  # the wait timed out: a second attempt would only double it
            raise _unavailable(error) from error
        try:
            return self._execute(statement, values, fresh=True)
        except (psycopg2.Error, OSError) as error:
            raise _unavailable(error) from error

    def _execute(self, statement: str, values: Sequence[Any], *, fresh: bool = False) -> Sequence[Any] | None:
        """Execute on a pooled connection, or a new one if ``fresh``; a connection that fails is closed."""
        cursor = self._checkout()
        pool_metrics.IN_USE.change(1)
        try:
            if cursor is not None and (fresh or cursor.connection.closed):
                cursor.connection.close()
                cursor = None
            cursor = cursor or self._connect()
            cursor.execute(statement, values)
            row: Sequence[Any] | None = cursor.fetchone()
        except BaseException:
            if cursor is not None:
                cursor.connection.close()
            self._checkin(None)
            raise
        self._checkin(cursor)
        return row

    def _checkout(self) -> Cursor | None:
        """Return a connection's cursor, or None to connect anew, in the order of the calls.

        Each waiter gets its own result: with a plain queue, new calls would overtake waiting ones.
        """
        if self._free:
            return self._free.pop()
        pool_metrics.WAITS.inc()
        turn = AsyncResult()
        self._waiting.append(turn)
        try:
            freed: Cursor | None = turn.get(timeout=_WAIT_SECONDS)
        except gevent.Timeout as error:
            if turn in self._waiting:
                self._waiting.remove(turn)
                pool_metrics.TIMEOUTS.inc()
                raise _unavailable(error) from None
            freed = turn.get()
        return freed

    def _checkin(self, cursor: Cursor | None) -> None:
        pool_metrics.IN_USE.change(-1)
        if self._waiting:
            self._waiting.popleft().set(cursor)
        else:
            self._free.append(cursor)

    def _connect(self) -> Cursor:
        connection = psycopg2.connect(self._url, options=_SESSION, connect_timeout=2)
        connection.autocommit = True
        cursor = connection.cursor()
        for statement in self._statements:
            cursor.execute(_PREPARE[statement])
        return cursor


def _unavailable(error: BaseException) -> DatabaseUnavailable:
    _log.warning("the database cannot be asked: %s", " ".join(str(error).split()) or type(error).__name__)
    return DatabaseUnavailable()

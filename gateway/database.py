"""The gateway's few questions to PostgreSQL, on connections where they are prepared already.

No ORM and no transactions: each question is one statement that may be asked twice. Under gevent a wait for the
server is bounded by the worker (see ``worker.py``), so that a stalled server costs seconds, not a request's life.
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
"""How long a question waits for a free connection."""
_SESSION = "-c statement_timeout=1500ms -c lock_timeout=1s -c timezone=UTC"
_PREPARE = {
    "session": "PREPARE session (text) AS SELECT user_id, username, permissions, generation, parent_is_good,"
    " sighting_is_due FROM users.active_session WHERE session_id = $1",
    "see_session": "PREPARE see_session (text) AS SELECT users.see_session($1)",
    "end_session": "PREPARE end_session (text) AS SELECT users.end_session($1)",
    "count_request": "PREPARE count_request (text, integer) AS SELECT users.count_request($1, $2)",
}
"""Name of a question -> the statement that prepares it."""
_FACTS = {"db.system.name": "postgresql"}


_SECONDS = histogram(
    "bunko_gateway_question_seconds", "Time that the gateway's questions to PostgreSQL took.", "question"
)


class DatabaseUnavailable(Exception):
    """The database cannot be asked. Nobody is to be taken for a stranger because of that."""


class GatewayDatabase:
    """A few connections as the role that may read ``users.active_session`` and nothing else."""

    def __init__(self, url: str, *questions: str, connections: int = 8) -> None:
        self._url = url.replace("postgresql+psycopg2://", "postgresql://", 1)
        self._statements = questions
        # One cursor a connection. The one used last is used next; an empty place is filled when it is needed.
        self._free: list[Cursor | None] = [None] * connections
        self._waiting: deque[AsyncResult] = deque()
        self._seconds = {question: _SECONDS.of(question) for question in questions}
        pool_metrics.KEPT.change(connections)

    def call(self, statement: str, *values: Any) -> Sequence[Any] | None:
        """Return the one row that answers a prepared ``question``, None if there is none.

        Raises ``DatabaseUnavailable``. A connection that turns out to be dead is replaced once: the server may have
        restarted.
        """
        marks = ", ".join(["%s"] * len(values))
        began = time.perf_counter()
        try:
            with tracing.step(f"ask the database: {statement}", asks=True, **_FACTS):
                return self._row(f"EXECUTE {statement} ({marks})", values)
        finally:
            self._seconds[statement].observe(time.perf_counter() - began)

    def check(self) -> None:
        """Ask for a sign of life; raises ``DatabaseUnavailable`` when there is none."""
        self._row("SELECT 1", ())

    def _row(self, statement: str, values: Sequence[Any]) -> Sequence[Any] | None:
        try:
            return self._execute(statement, values)
        except psycopg2.Error:
            pass
        except OSError as error:  # the wait was given up: a second one would only double it
            raise _unavailable(error) from error
        try:
            return self._execute(statement, values, fresh=True)
        except (psycopg2.Error, OSError) as error:
            raise _unavailable(error) from error

    def _execute(self, statement: str, values: Sequence[Any], *, fresh: bool = False) -> Sequence[Any] | None:
        """Ask over a connection, a new one if need be; one on which anything goes wrong is closed, never used again."""
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
        """Return a place, in the order of asking: with a plain queue newcomers would take it from those who wait."""
        if self._free:
            return self._free.pop()
        pool_metrics.WAITS.inc()
        turn = AsyncResult()
        self._waiting.append(turn)
        try:
            place: Cursor | None = turn.get(timeout=_WAIT_SECONDS)
        except gevent.Timeout as error:
            if turn in self._waiting:
                self._waiting.remove(turn)
                pool_metrics.TIMEOUTS.inc()
                raise _unavailable(error) from None
            place = turn.get()
        return place

    def _checkin(self, place: Cursor | None) -> None:
        pool_metrics.IN_USE.change(-1)
        if self._waiting:
            self._waiting.popleft().set(place)
        else:
            self._free.append(place)

    def _connect(self) -> Cursor:
        connection = psycopg2.connect(self._url, options=_SESSION, connect_timeout=2)
        connection.autocommit = True
        cursor = connection.cursor()
        for question in self._statements:
            cursor.execute(_PREPARE[question])
        return cursor


def _unavailable(error: BaseException) -> DatabaseUnavailable:
    _log.warning("the database cannot be asked: %s", " ".join(str(error).split()) or type(error).__name__)
    return DatabaseUnavailable()

"""How long PostgreSQL takes for statements: added up for a request, and in the log where one was slow."""

import logging
import time
from typing import Any

from flask import g, has_request_context, request
from psycopg2.extensions import cursor as Cursor  # noqa: N812  # a class

from shared.observability import server_timing, tracing

SLOW_MS = 200
"""Milliseconds from which a statement is slow, unless ``SLOW_QUERY_MS`` says otherwise."""
_log = logging.getLogger("bunko.slow")


class TimedCursor(Cursor):
    """Notes the time of each statement; logs what takes ``slow_ms`` or more, unless that is 0.

    The log has the statement's text with placeholders and never its parameters, which may be secret.
    """

    logged_sql: str | None = None
    """The text behind the name of a prepared statement."""

    def __init__(self, *given: Any, slow_ms: int) -> None:
        super().__init__(*given)
        self.slow_ms = slow_ms

    def execute(self, query: Any, vars: Any = None) -> None:
        """Execute a statement."""
        began = time.perf_counter()
        try:
            super().execute(query, vars)
        finally:
            self._record(query, began)

    def executemany(self, query: Any, vars_list: Any) -> None:
        """Execute a statement with each of several sets of values."""
        began = time.perf_counter()
        try:
            super().executemany(query, vars_list)
        finally:
            self._record(query, began)

    def _record(self, query: Any, began: float) -> None:
        taken = (time.perf_counter() - began) * 1000
        server_timing.spent.database += taken
        if tracing.is_on() and isinstance(query, str):  # bytes have their values in them
            tracing.statement(self.logged_sql or query, taken / 1000)
        if 0 < self.slow_ms <= taken:
            _log_slow(self.logged_sql or str(query), taken)


def _log_slow(statement: str, taken: float) -> None:
    route = {"method": request.method, "route": g.get("route")} if has_request_context() else {}
    facts = {"statement": " ".join(statement.split()), "ms": round(taken, 2)}
    _log.warning("slow statement", extra=route | facts)

"""Time of SQL statements: summed per request, traced, and logged if slow."""

import logging
import time
from typing import Any

from flask import g, has_request_context, request
from psycopg2.extensions import cursor as Cursor  # noqa: N812  # a class

from shared.observability import server_timing, tracing

SLOW_MS = 200
"""Default of the setting ``SLOW_QUERY_MS``: statements that take at least so many milliseconds are logged."""
_log = logging.getLogger("bunko.slow")


class TimedCursor(Cursor):
    """A cursor that measures each statement and logs those of ``slow_ms`` or more; 0 turns the log off.

    The log has the statement's text with placeholders, never the values, which may be secret.
    """

    logged_sql: str | None = None
    """Text to log and trace instead of the executed ``EXECUTE``; set by ``PreparedQuery``."""

    def __init__(self, *args: Any, slow_ms: int) -> None:
        super().__init__(*args)
        self.slow_ms = slow_ms

    def execute(self, query: Any, vars: Any = None) -> None:
        """Execute and measure a statement."""
        began = time.perf_counter()
        try:
            super().execute(query, vars)
        finally:
            self._record(query, began)

    def executemany(self, query: Any, vars_list: Any) -> None:
        """Execute and measure a statement with each of several sets of values."""
        began = time.perf_counter()
        try:
            super().executemany(query, vars_list)
        finally:
            self._record(query, began)

    def _record(self, query: Any, began: float) -> None:
        taken = (time.perf_counter() - began) * 1000
        server_timing.spent.database += taken
        if tracing.is_on() and isinstance(query, str):  # a statement in bytes contains its values
            tracing.statement(self.logged_sql or query, taken / 1000)
        if 0 < self.slow_ms <= taken:
            _log_slow(self.logged_sql or str(query), taken)


def _log_slow(statement: str, taken: float) -> None:
    route = {"method": request.method, "route": g.get("route")} if has_request_context() else {}
    facts = {"statement": " ".join(statement.split()), "ms": round(taken, 2)}
    _log.warning("slow statement", extra=route | facts)

"""How long PostgreSQL takes for statements: added up for a request, and in the log where one was slow."""

import logging
import time
from typing import Any

from flask import g, has_request_context, request
from sqlalchemy import Engine, ExceptionContext, event

from shared import timing

SLOW_MS = 200
"""Milliseconds from which a statement is slow, unless ``SLOW_QUERY_MS`` says otherwise."""
_log = logging.getLogger("bunko.slow")


def watch(engine: Engine, *, slow_ms: int) -> None:
    """Note the time of every statement that ``engine`` executes; log what takes ``slow_ms`` or more, unless that is 0.

    The log has the statement's text with placeholders and never its parameters, which may be secret.
    """

    def end(statement: str, context: Any) -> None:
        taken = (time.perf_counter() - context.began) * 1000
        timing.spent.database += taken
        if 0 < slow_ms <= taken:
            _tell(statement, taken)

    def executed(
        _connection: Any, _cursor: Any, statement: str, _given: Any, context: Any, _many: Any
    ) -> None:
        end(statement, context)

    def failed(error: ExceptionContext) -> None:
        if error.statement and hasattr(error.execution_context, "began"):
            end(error.statement, error.execution_context)

    event.listen(engine, "before_cursor_execute", _begin)
    event.listen(engine, "after_cursor_execute", executed)
    event.listen(engine, "handle_error", failed)


def _begin(_connection: Any, _cursor: Any, _statement: str, _given: Any, context: Any, _many: Any) -> None:
    context.began = time.perf_counter()


def _tell(statement: str, taken: float) -> None:
    route = {"method": request.method, "route": g.get("route")} if has_request_context() else {}
    facts = {"statement": " ".join(statement.split()), "ms": round(taken, 2)}
    _log.warning("slow statement", extra=route | facts)

"""How long PostgreSQL takes for statements: added up for a request, and in the log where one was slow."""

import logging
import time
from typing import Any

from flask import g, has_request_context, request
from sqlalchemy import Connection, Engine, ExceptionContext, event

SLOW_MS = 200
"""Milliseconds from which a statement is slow, unless ``SLOW_QUERY_MS`` says otherwise."""
_BEGAN = "statement began"
_log = logging.getLogger("bunko.slow")


def watch(engine: Engine, *, slow_ms: int) -> None:
    """Note the time of every statement that ``engine`` executes; log what takes ``slow_ms`` or more, unless that is 0.

    The log has the statement's text with placeholders and never its parameters, which may be secret.
    """

    def end(connection: Connection, statement: str) -> None:
        taken = (time.perf_counter() - connection.info.pop(_BEGAN)) * 1000
        answering = has_request_context()
        if answering:
            g.database_ms = g.get("database_ms", 0.0) + taken
        if 0 < slow_ms <= taken:
            facts: dict[str, Any] = {"statement": " ".join(statement.split()), "ms": round(taken, 2)}
            _log.warning("slow statement", extra=(_route() if answering else {}) | facts)

    def executed(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        end(connection, statement)

    def failed(context: ExceptionContext) -> None:
        if context.connection is not None and context.statement and _BEGAN in context.connection.info:
            end(context.connection, context.statement)

    event.listen(engine, "before_cursor_execute", _begin)
    event.listen(engine, "after_cursor_execute", executed)
    event.listen(engine, "handle_error", failed)


def _begin(connection: Connection, *_: object) -> None:
    connection.info[_BEGAN] = time.perf_counter()


def _route() -> dict[str, Any]:
    return {"method": request.method, "route": g.get("route")}

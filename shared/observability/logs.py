"""Logs: one JSON line an event on standard output, each with its program and request id."""

import logging
import re
import sys
import uuid
from contextvars import ContextVar
from typing import TypedDict

from pythonjsonlogger.json import JsonEncoder, JsonFormatter

from shared import settings
from shared.observability import tracing

REQUEST_ID = "X-Request-Id"
_USABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_current: ContextVar[str | None] = ContextVar("request_id", default=None)
_access = logging.getLogger("bunko.access")


def begin(given: str) -> str:
    """Note that a request is being answered and return its id: the ``given`` one if usable, else one made up."""
    request_id = given if _USABLE_ID.fullmatch(given) else uuid.uuid4().hex
    _current.set(request_id)
    return request_id


def end() -> None:
    """Note that the request has been answered."""
    _current.set(None)


def request_id() -> str:
    """Return the id of the request being answered, or a new one where work has no request."""
    return _current.get() or uuid.uuid4().hex


def to_stdout(program: str) -> None:
    """Send everything the program logs to standard output, as JSON lines."""
    handler = logging.StreamHandler(sys.stdout)
    encoder = JsonEncoder()  # one for all lines: to make another for each costs a fifth of a line
    handler.setFormatter(
        JsonFormatter(
            "{asctime}{levelname}{name}{message}",
            style="{",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
            static_fields={"program": program},
            datefmt="%Y-%m-%dT%H:%M:%S%z",
            json_serializer=lambda line, **_: encoder.encode(line),
        )
    )
    handler.addFilter(_with_request_id)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.text("LOG_LEVEL", "INFO").upper())


class AccessRecord(TypedDict):
    """What the log says about an answered request, in every program: never its query, its headers or its body."""

    method: str
    path: str
    route: str | None
    """The pattern of the path, as its service declares it; None where no route answered."""
    status: int
    user: int | None
    """The id of who asked, None for people who are not signed in."""
    upstream: str | None
    """The address of the program that answered the gateway."""
    ms: float
    """All of this program's time, in milliseconds; the gateway's ends when the answer has been sent."""
    gateway_ms: float | None
    """The gateway's time until the answer began, with the service's; None in a service's own line."""
    service_ms: float | None
    """The service's time until the answer began, with the database's; None where no service answered."""
    database_ms: float | None
    """What PostgreSQL took for the service's statements."""


def access(facts: AccessRecord) -> None:
    """Log one answered request."""
    _access.info("answered", extra=facts)


def _with_request_id(record: logging.LogRecord) -> bool:
    if current := _current.get():
        record.request_id = current
        if trace_id := tracing.trace_id():
            record.trace_id = trace_id
    return True

"""What every answer of the gateway gets: the contract's shape, headers that protect, a line in the log."""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.client import responses
from typing import TYPE_CHECKING

from werkzeug.wsgi import ClosingIterator

from gateway.http.cors import Origins
from gateway.http.request_context import RequestContext
from gateway.http.route_table import ROUTES
from shared.errors import Refusal
from shared.observability import logs, server_timing
from shared.observability.request_metrics import UNKNOWN, ResponseLog

if TYPE_CHECKING:
    from shared.observability.spans import RequestSpan

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""Where an answer says nothing else itself. What may be cached says so: pictures do."""


OWN_PAGES = "own pages"
"""What is counted under this instead of a prefix."""
_METHODS = ("GET", "POST", "DELETE")
_OTHER_METHOD = "other"
_RESPONSE_LOGS = {
    (method, route): ResponseLog(method, route)
    for route in (*ROUTES, OWN_PAGES, UNKNOWN)
    for method in (*_METHODS, _OTHER_METHOD)
}


@dataclass(slots=True)
class WsgiResponse:
    """An answer to a client. Plain WSGI: a framework's response object costs as much as forwarding the request."""

    status: int
    headers: list[tuple[str, str]]
    body: Iterable[bytes]
    on_close: list[Callable[[], None]] = field(default_factory=list)
    """What is called once it has been sent, or cannot be."""

    def finish(self, context: RequestContext, origins: Origins) -> None:
        """Add what every answer carries, and log it once it has been sent."""
        given = {name.lower() for name, _ in self.headers}
        self.headers += [header for header in SECURITY_HEADERS.items() if header[0].lower() not in given]
        self.headers += origins.response_headers(context.origin).items()
        self.headers.append((logs.REQUEST_ID, context.request_id))
        took = _milliseconds_since(context.started)
        if context.show_timing:
            self._add_time(took, context.work)
        if not context.path.startswith("/health/"):
            method = context.method if context.method in _METHODS else _OTHER_METHOD
            _RESPONSE_LOGS[method, context.route].record(self.status, took / 1000)
            self.on_close.append(lambda: _log(self.status, context, took))
        if context.span:
            self._end_trace(context, context.span)

    def _add_time(self, took: float, work: server_timing.ServerTiming | None) -> None:
        """Say how long the answer took so far, and how much of that the service."""
        inner = {"service": work.service, "database": work.database} if work else {}
        self.headers.append((server_timing.HEADER, server_timing.metrics(gateway=took, **inner)))

    def _end_trace(self, context: RequestContext, opened: "RequestSpan") -> None:
        """Say what became of the request; its span lasts until the answer has been sent."""
        facts = {"url.path": context.path, "user.id": context.user_id}
        opened.set_response(
            context.method, context.work.route if context.work else None, self.status, **facts
        )
        self.on_close.append(opened.end)

    def start(self, start_response: Callable[[str, list[tuple[str, str]]], object]) -> Iterable[bytes]:
        """Hand the answer to the WSGI server."""
        start_response(f"{self.status} {responses.get(self.status, 'Unknown')}", self.headers)
        return ClosingIterator(self.body, self.on_close)


def error_response(refusal: Refusal) -> WsgiResponse:
    """Return the answer to a refused request."""
    body = json.dumps(refusal.document()).encode()
    own = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    return WsgiResponse(refusal.status, own + list(refusal.headers.items()), [body])


def raw(refusal: Refusal, *, close: bool = True) -> bytes:
    """Return the same as bytes, for where no application is asked; ``close`` says that the connection ends with it."""
    response = error_response(refusal)
    head = [f"HTTP/1.1 {response.status} {responses.get(response.status, 'Unknown')}"]
    head += [f"{name}: {value}" for name, value in (*response.headers, *SECURITY_HEADERS.items())]
    if close:
        head.append("Connection: close")
    return "\r\n".join([*head, "", ""]).encode() + b"".join(response.body)


def _log(status: int, context: RequestContext, took: float) -> None:
    """Say what became of a request, once its answer has been sent; that began when ``took`` had passed."""
    work = context.work
    logs.access(
        {
            "method": context.method,
            "path": context.path,
            "route": work.route if work else None,
            "status": status,
            "user": context.user_id,
            "upstream": context.upstream,
            "ms": _milliseconds_since(context.started),
            "gateway_ms": took,
            "service_ms": work.service if work else None,
            "database_ms": work.database if work else None,
        }
    )


def _milliseconds_since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 2)

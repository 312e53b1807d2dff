"""What every answer of the gateway gets: the contract's shape, headers that protect, a line in the log."""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.client import responses
from typing import TYPE_CHECKING

from werkzeug.wsgi import ClosingIterator

from gateway.origins import Origins
from gateway.passing import Passing
from gateway.prefixes import PREFIXES
from shared import logs, timing
from shared.answered import UNKNOWN, Answers
from shared.refusals import Refusal

if TYPE_CHECKING:
    from shared.spans import Opened

PROTECTION = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""Where an answer says nothing else itself. What may be cached says so: pictures do."""


OWN_PAGES = "own pages"
"""What is counted under this instead of a prefix."""
_METHODS = ("GET", "POST", "DELETE")
_OTHER = "other"
_ANSWERS = {
    (method, route): Answers(method, route)
    for route in (*PREFIXES, OWN_PAGES, UNKNOWN)
    for method in (*_METHODS, _OTHER)
}


@dataclass(slots=True)
class Reply:
    """An answer to a client. Plain WSGI: a framework's response object costs as much as forwarding the request."""

    status: int
    headers: list[tuple[str, str]]
    content: Iterable[bytes]
    closing: list[Callable[[], None]] = field(default_factory=list)
    """What is called once it has been sent, or cannot be."""

    def finish(self, passing: Passing, origins: Origins) -> None:
        """Add what every answer carries, and log it once it has been sent."""
        given = {name.lower() for name, _ in self.headers}
        self.headers += [header for header in PROTECTION.items() if header[0].lower() not in given]
        self.headers += origins.answer_headers(passing.origin).items()
        self.headers.append((logs.REQUEST_ID, passing.request_id))
        took = _milliseconds_since(passing.began)
        if passing.timed:
            self._add_time(took, passing.work)
        if not passing.path.startswith("/health/"):
            method = passing.method if passing.method in _METHODS else _OTHER
            _ANSWERS[method, passing.route].note(self.status, took / 1000)
            self.closing.append(lambda: _log(self.status, passing, took))
        if passing.opened:
            self._end_trace(passing, passing.opened)

    def _add_time(self, took: float, work: timing.Work | None) -> None:
        """Say how long the answer took so far, and how much of that the service."""
        inner = {"service": work.service, "database": work.database} if work else {}
        self.headers.append((timing.HEADER, timing.metrics(gateway=took, **inner)))

    def _end_trace(self, passing: Passing, opened: "Opened") -> None:
        """Say what became of the request; its span lasts until the answer has been sent."""
        facts = {"url.path": passing.path, "user.id": passing.user_id}
        opened.answered(passing.method, passing.work.route if passing.work else None, self.status, **facts)
        self.closing.append(opened.end)

    def start(self, start_response: Callable[[str, list[tuple[str, str]]], object]) -> Iterable[bytes]:
        """Hand the answer to the WSGI server."""
        start_response(f"{self.status} {responses.get(self.status, 'Unknown')}", self.headers)
        return ClosingIterator(self.content, self.closing)


def refused(refusal: Refusal) -> Reply:
    """Return the answer to a refused request."""
    body = json.dumps(refusal.document()).encode()
    own = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    return Reply(refusal.status, own + list(refusal.headers.items()), [body])


def raw(refusal: Refusal, *, close: bool = True) -> bytes:
    """Return the same as bytes, for where no application is asked; ``close`` says that the connection ends with it."""
    reply = refused(refusal)
    head = [f"HTTP/1.1 {reply.status} {responses.get(reply.status, 'Unknown')}"]
    head += [f"{name}: {value}" for name, value in (*reply.headers, *PROTECTION.items())]
    if close:
        head.append("Connection: close")
    return "\r\n".join([*head, "", ""]).encode() + b"".join(reply.content)


def _log(status: int, passing: Passing, took: float) -> None:
    """Say what became of a request, once its answer has been sent; that began when ``took`` had passed."""
    work = passing.work
    logs.access(
        {
            "method": passing.method,
            "path": passing.path,
            "route": work.route if work else None,
            "status": status,
            "user": passing.user_id,
            "upstream": passing.upstream,
            "ms": _milliseconds_since(passing.began),
            "gateway_ms": took,
            "service_ms": work.service if work else None,
            "database_ms": work.database if work else None,
        }
    )


def _milliseconds_since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 2)

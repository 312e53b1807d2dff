"""What every answer of the gateway gets: the contract's shape, headers that protect, a line in the log."""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.client import responses

from werkzeug.wsgi import ClosingIterator

from gateway.origins import Origins
from gateway.passing import Passing
from shared import logs, timing
from shared.refusals import Refusal

PROTECTION = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""Where an answer says nothing else itself. What may be cached says so: pictures do."""


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
        if passing.timed:
            self._add_time(passing)
        if not passing.path.startswith("/health/"):
            self.closing.append(lambda: _log(self.status, passing))

    def _add_time(self, passing: Passing) -> None:
        """Put the gateway's time before the service's."""
        inner = [value for name, value in self.headers if name.lower() == timing.HEADER.lower()]
        self.headers = [header for header in self.headers if header[0].lower() != timing.HEADER.lower()]
        metrics = [timing.metrics(gateway=_milliseconds_since(passing.began)), *inner]
        self.headers.append((timing.HEADER, ", ".join(metrics)))

    def start(self, start_response: Callable[[str, list[tuple[str, str]]], object]) -> Iterable[bytes]:
        """Hand the answer to the WSGI server."""
        start_response(f"{self.status} {responses.get(self.status, 'Unknown')}", self.headers)
        return ClosingIterator(self.content, self.closing)


def refused(refusal: Refusal) -> Reply:
    """Return the answer to a refused request."""
    body = json.dumps(refusal.document()).encode()
    own = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    return Reply(refusal.status, own + list(refusal.headers.items()), [body])


def _log(status: int, passing: Passing) -> None:
    """Say what became of a request: never its query, its headers or its body."""
    facts = {
        "method": passing.method,
        "path": passing.path,
        "status": status,
        "upstream": passing.upstream,
        "user": passing.user_id,
        "request_id": passing.request_id,
        "ms": _milliseconds_since(passing.began),
    }
    logs.access(facts)


def _milliseconds_since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 2)

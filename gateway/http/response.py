"""Responses to clients as plain WSGI: a framework's response object costs as much CPU as forwarding the request."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.client import responses
from typing import Any

from shared.errors import Refusal

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""Defaults, for a response that does not set these headers. Responses that may be cached, such as images, set them."""

StartResponse = Callable[[str, list[tuple[str, str]]], object]
WsgiApplication = Callable[[dict[str, Any], Any], Iterable[bytes]]


@dataclass(slots=True)
class WsgiResponse:
    """A response to a client."""

    status: int
    headers: list[tuple[str, str]]
    body: Iterable[bytes]
    on_close: list[Callable[[], None]] = field(default_factory=list)
    """Releases what the body holds, once it was sent or sending it failed."""

    @property
    def status_line(self) -> str:
        """Status and reason phrase."""
        return f"{self.status} {responses.get(self.status, 'Unknown')}"

    def close(self) -> None:
        """Release what the body holds."""
        if close := getattr(self.body, "close", None):
            close()
        for release in self.on_close:
            release()


def error_response(refusal: Refusal) -> WsgiResponse:
    """Return the response for a refused request."""
    body = json.dumps(refusal.document()).encode()
    own = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    return WsgiResponse(refusal.status, own + list(refusal.headers.items()), [body])


def raw(refusal: Refusal, *, close: bool = True) -> bytes:
    """Return the response for a refused request as the bytes of an HTTP message, for use outside of WSGI.

    With ``close`` it has the header ``Connection: close``.
    """
    response = error_response(refusal)
    head = [f"HTTP/1.1 {response.status_line}"]
    head += [f"{name}: {value}" for name, value in (*response.headers, *SECURITY_HEADERS.items())]
    if close:
        head.append("Connection: close")
    return "\r\n".join([*head, "", ""]).encode() + b"".join(response.body)

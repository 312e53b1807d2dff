"""Requests with little overhead, so that many can run at the same moment."""

import http.client
import json
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any, Self
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Reply:
    """The answer; ``cookie`` is the new session cookie, if any."""

    status: int
    document: Any
    cookie: str | None


class Line:
    """A connection to a gateway."""

    def __init__(self, gateway: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(gateway).netloc, timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def ask(self, method: str, path: str, cookie: str | None, **body: str) -> Reply:
        """Send one request with a session cookie and a JSON body, each unless None."""
        headers = {"Cookie": f"refreshToken={cookie}"} if cookie else {}
        if body:
            headers["Content-Type"] = "application/json"
        self._connection.request(method, path, json.dumps(body) if body else None, headers)
        answer = self._connection.getresponse()
        document = json.loads(answer.read())
        handed_out = SimpleCookie(answer.getheader("Set-Cookie", "")).get("refreshToken")
        return Reply(answer.status, document, handed_out.value if handed_out else None)


def ask(gateway: str, method: str, path: str, cookie: str | None, **body: str) -> Reply:
    """Send one request over a new connection."""
    with Line(gateway) as line:
        return line.ask(method, path, cookie, **body)

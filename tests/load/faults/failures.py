"""Requests over faulty connections, and the required shape of a failure."""

import requests

from tests.support.catalogue import Catalogue
from tests.support.client import Client

MARGIN = 5.0
"""Seconds that a busy machine may exceed a deadline; an unbounded wait takes far longer."""
SERIES = "/admin-series?client=1&limit=1"


def seen_through(gateway: str, client: Client) -> Client:
    """Return the same user at another gateway."""
    other = Client(gateway)
    other.session.cookies.update(client.session.cookies)
    return other


def add(client: Client, catalogue: Catalogue, name: str) -> requests.Response:
    """Request a series once."""
    body = {"name": name, "type": "Manga", "client": catalogue.client}
    return client.ask("POST", "/admin-series/add", json=body, timeout=90)


def check_failure(answer: requests.Response, *statuses: int, within: float) -> None:
    """Fail unless the failure has one of these statuses and the contract's shape, in time, and keeps the cookie."""
    assert answer.status_code in statuses, answer.text
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json()["code"] == answer.status_code
    assert answer.json().keys() == {"data", "code"}
    assert "Set-Cookie" not in answer.headers
    assert answer.elapsed.total_seconds() < within

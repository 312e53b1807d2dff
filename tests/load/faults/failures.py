"""What clients ask for over bad lines, and how a failure has to look."""

import requests

from tests.support.catalogue import Catalogue
from tests.support.client import Client

MARGIN = 5.0
"""Seconds beyond a deadline that a busy machine may take; what is not bounded takes for ever."""
SERIES = "/admin-series?client=1&limit=1"


def seen_through(gateway: str, client: Client) -> Client:
    """Return the same user at another gateway."""
    other = Client(gateway)
    other.session.cookies.update(client.session.cookies)
    return other


def add(client: Client, catalogue: Catalogue, name: str) -> requests.Response:
    """Ask once for a series."""
    body = {"name": name, "type": "Manga", "client": catalogue.client}
    return client.ask("POST", "/admin-series/add", json=body, timeout=90)


def check_failure(answer: requests.Response, *statuses: int, within: float) -> None:
    """Fail unless this is an honest failure: one of these, in the contract's shape, in time, with the cookie kept."""
    assert answer.status_code in statuses, answer.text
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json()["code"] == answer.status_code
    assert answer.json().keys() == {"data", "code"}
    assert "Set-Cookie" not in answer.headers
    assert answer.elapsed.total_seconds() < within

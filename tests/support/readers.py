"""Readers: accounts of their own for one test, and what they write down."""

import secrets
from typing import Any

from tests.support.client import Client

STATUS: dict[str, Any] = {
    "visibility": "private",
    "progressType": "chapters",
    "progress": 3,
    "status": "started",
    "priority": "mid",
}
"""The required fields of a reading status, but for the client."""


def new_reader(other: Client) -> Client:
    """Return somebody who has just registered at the gateway that ``other`` talks to."""
    return Client(other.gateway).register(f"reader-{secrets.token_hex(6)}")

"""Readers: new accounts, and the bodies of their entries."""

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
"""The required fields of a reading status, without the client."""


def new_reader(other: Client) -> Client:
    """Return a client with a new account at the gateway of ``other``."""
    return Client(other.gateway).register(f"reader-{secrets.token_hex(6)}")

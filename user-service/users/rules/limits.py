"""Rate limits: how often something may be tried, by whom, in how long."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from shared.errors import TOO_MANY_REQUESTS, Refusal
from shared.identity.client_network import network


@dataclass(frozen=True, slots=True)
class Limit:
    """So many attempts in so long."""

    attempts: int
    window: timedelta


FAILED_LOGINS = Limit(10, timedelta(minutes=15))
"""Per address and name."""
FAILED_LOGINS_OF_ADDRESS = Limit(50, timedelta(minutes=15))
"""Per address, whatever the names."""
REGISTRATIONS = Limit(10, timedelta(hours=1))
"""Per address; every attempt counts."""


def bucket(kind: str, *of_whom: str) -> str:
    """Return the name under which attempts are counted together.

    A digest: it has one length whatever a client sends, and what was typed as a name is not kept (people type
    their password there).
    """
    return hashlib.sha256("\n".join((kind, *of_whom)).encode()).hexdigest()


def failed_logins(address: str, username: str) -> Mapping[str, Limit]:
    """Return the buckets that count a failed login under ``username`` (any case) from the network of ``address``.

    The network's own comes first: everybody locks them in this order.
    """
    client = network(address)
    return {
        bucket("logins", client): FAILED_LOGINS_OF_ADDRESS,
        bucket("login", client, username.lower()): FAILED_LOGINS,
    }


def registrations(address: str) -> Mapping[str, Limit]:
    """Return the bucket that counts registrations from the network of ``address``."""
    return {bucket("registration", network(address)): REGISTRATIONS}


def too_many(seconds: int) -> Refusal:
    """Return the 429 that asks to come back in ``seconds``."""
    return TOO_MANY_REQUESTS.with_headers({"Retry-After": str(seconds)})

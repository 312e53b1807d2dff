"""Rate limits of logins and registrations, and the buckets in which attempts are counted."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from shared.errors import TOO_MANY_REQUESTS, Refusal
from shared.identity.client_network import network


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``attempts`` within ``window``."""

    attempts: int
    window: timedelta


FAILED_LOGINS = Limit(10, timedelta(minutes=15))
"""Per client network and name."""
FAILED_LOGINS_OF_ADDRESS = Limit(50, timedelta(minutes=15))
"""Per client network, over all names."""
REGISTRATIONS = Limit(10, timedelta(hours=1))
"""Per client network; failed attempts count too."""


def bucket(kind: str, *of_whom: str) -> str:
    """Return the name of the bucket that counts the attempts ``of_whom`` makes, as a SHA-256 in hexadecimal.

    A digest has a fixed length for any input. It also keeps the typed name out of the database: people sometimes
    type their password there.
    """
    return hashlib.sha256("\n".join((kind, *of_whom)).encode()).hexdigest()


def failed_logins(address: str, username: str) -> Mapping[str, Limit]:
    """Return the buckets that count a failed login under ``username`` (any case) from the network of ``address``.

    The bucket of the whole network comes first. Transactions lock buckets in this order, which avoids deadlocks.
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
    """Return the 429 whose ``Retry-After`` is ``seconds``."""
    return TOO_MANY_REQUESTS.with_headers({"Retry-After": str(seconds)})

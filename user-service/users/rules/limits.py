"""Rate limits: how often something may be tried, by whom, in how long."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from shared.client_network import network
from shared.refusals import TOO_MANY_REQUESTS, Refusal


@dataclass(frozen=True, slots=True)
class Limit:
    """So many attempts in so long."""

    attempts: int
    window: timedelta


FAILED_LOGINS = Limit(10, timedelta(minutes=15))
"""Per address and name."""
REGISTRATIONS = Limit(10, timedelta(hours=1))
"""Per address; every attempt counts."""


def bucket(kind: str, *of_whom: str) -> str:
    """Return the name under which attempts are counted together.

    A digest: it has one length whatever a client sends, and what was typed as a name is not kept (people type
    their password there).
    """
    return hashlib.sha256("\n".join((kind, *of_whom)).encode()).hexdigest()


def login_bucket(address: str, username: str) -> str:
    """Return the bucket of failed logins under ``username`` (any case) from the network of ``address``."""
    return bucket("login", network(address), username.lower())


def registration_bucket(address: str) -> str:
    """Return the bucket of registrations from the network of ``address``."""
    return bucket("registration", network(address))


def too_many(seconds: int) -> Refusal:
    """Return the 429 that asks to come back in ``seconds``."""
    return TOO_MANY_REQUESTS.with_headers({"Retry-After": str(seconds)})

"""Limits requests per minute and client address, counted in PostgreSQL across all gateways."""

from dataclasses import dataclass

from gateway.database import GatewayDatabase
from shared import settings
from shared.errors import TOO_MANY_REQUESTS
from shared.identity.client_network import network

STATEMENT = "count_request"


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Requests per minute that a client network may send; 0 is no limit."""

    per_minute: int

    def count(self, client_ip: str, database: GatewayDatabase) -> None:
        """Count one request from the network of ``client_ip``.

        Raises 429 with ``Retry-After`` above the limit, and ``DatabaseUnavailable``.
        """
        if not self.per_minute:
            return
        row = database.call(STATEMENT, network(client_ip), self.per_minute)
        seconds = row[0] if row else 0
        if seconds:
            raise TOO_MANY_REQUESTS.with_headers({"Retry-After": str(seconds)})


def from_environment() -> RateLimit:
    """Return the limit in ``REQUEST_LIMIT``; none where ``RATE_LIMITS`` turns all limits off."""
    limited = settings.switch("RATE_LIMITS", default=True)
    return RateLimit(settings.whole("REQUEST_LIMIT", 0) if limited else 0)

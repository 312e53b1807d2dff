"""The limit on requests per minute and address, counted in PostgreSQL for every gateway together."""

from dataclasses import dataclass

from gateway.database import GatewayDatabase
from shared import settings
from shared.errors import TOO_MANY_REQUESTS
from shared.identity.client_network import network

STATEMENT = "count_request"


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How many requests one address has in a minute; 0 is no limit."""

    per_minute: int

    def count(self, client_ip: str, database: GatewayDatabase) -> None:
        """Count one request from the network of ``address``.

        Raises 429 with the seconds to wait, or ``Away`` when it cannot be counted.
        """
        if not self.per_minute:
            return
        row = database.call(STATEMENT, network(client_ip), self.per_minute)
        wait = row[0] if row else 0
        if wait:
            raise TOO_MANY_REQUESTS.with_headers({"Retry-After": str(wait)})


def from_environment() -> RateLimit:
    """Return the limit in ``REQUEST_LIMIT``, unless ``RATE_LIMITS`` turns all limits off."""
    limited = settings.switch("RATE_LIMITS", default=True)
    return RateLimit(settings.whole("REQUEST_LIMIT", 0) if limited else 0)

"""Counts the requests that the gateway itself refuses, by reason."""

from gateway.admission.concurrency_limit import LIMIT_REACHED
from gateway.http.body import BODY_BUDGET_SPENT
from gateway.http.headers import HEAD_TOO_SLOW
from gateway.proxy.announced_uploads import NODES_FULL
from gateway.proxy.forward import NO_RESPONSE
from shared.errors import Refusal
from shared.observability.metrics import counter

_REFUSED = counter("bunko_gateway_refused", "Requests that the gateway itself refused.", "reason")

SHED_EARLY = _REFUSED.of("line full, at the door")
CONNECTIONS = _REFUSED.of("connections of one address")
NO_DATABASE = _REFUSED.of("no database")
_OTHER = _REFUSED.of("other")
_BY_IDENTITY = {
    LIMIT_REACHED: _REFUSED.of("line full"),
    HEAD_TOO_SLOW: _REFUSED.of("head too slow"),
    NODES_FULL: _REFUSED.of("file nodes full"),
    BODY_BUDGET_SPENT: _REFUSED.of("no room for bodies"),
    NO_RESPONSE: _REFUSED.of("no answer"),
}
_BY_STATUS = {
    status: _REFUSED.of(reason)
    for status, reason in {
        400: "malformed",
        403: "origin",
        404: "no such page",
        405: "method",
        408: "body too slow",
        413: "body too large",
        414: "address too long",
        417: "expectation",
        429: "rate limit",
        431: "headers too large",
        500: "fault",
        504: "timed out",
    }.items()
}


def count(refusal: Refusal) -> None:
    """Count a refusal."""
    _BY_IDENTITY.get(refusal, _BY_STATUS.get(refusal.status, _OTHER)).inc()

"""Why the gateway itself refuses requests: counted by reason."""

from gateway.body import NO_ROOM
from gateway.forward import UNANSWERED
from gateway.headers import HEAD_TOO_SLOW
from gateway.lines import FULL
from gateway.uploads import NODES_FULL
from shared.counting import counter
from shared.refusals import Refusal

_REFUSED = counter("bunko_gateway_refused", "Requests that the gateway itself refused.", "reason")

AT_THE_DOOR = _REFUSED.of("line full, at the door")
CONNECTIONS = _REFUSED.of("connections of one address")
NO_DATABASE = _REFUSED.of("no database")
_OTHER = _REFUSED.of("other")
_FOR_ITSELF = {
    FULL: _REFUSED.of("line full"),
    HEAD_TOO_SLOW: _REFUSED.of("head too slow"),
    NODES_FULL: _REFUSED.of("file nodes full"),
    NO_ROOM: _REFUSED.of("no room for bodies"),
    UNANSWERED: _REFUSED.of("no answer"),
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
    _FOR_ITSELF.get(refusal, _BY_STATUS.get(refusal.status, _OTHER)).inc()

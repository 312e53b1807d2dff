"""How many requests are answered, with what, and how soon: by route, never by path."""

from shared.observability.metrics import counter, histogram

_REQUESTS = counter(
    "bunko_requests", "Requests answered, by the class of their status.", "method", "route", "status"
)
_SECONDS = histogram(
    "bunko_request_seconds", "Time from a request's arrival until its answer begins.", "method", "route"
)
_CLASSES = ("2xx", "3xx", "4xx", "5xx")

UNKNOWN = "unknown"
"""The route of what goes nowhere."""


class ResponseLog:
    """The answers of one route to one method."""

    def __init__(self, method: str, route: str) -> None:
        self._by_class = [_REQUESTS.of(method, route, status) for status in _CLASSES]
        self._seconds = _SECONDS.of(method, route)

    def record(self, status: int, seconds: float) -> None:
        """Count an answer with ``status``, which took ``seconds``."""
        self._by_class[status // 100 - 2].inc()
        self._seconds.observe(seconds)

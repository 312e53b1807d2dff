"""Number, status and duration of requests, by route. Paths are no labels: clients choose them freely."""

from shared.observability.metrics import counter, histogram

_REQUESTS = counter("bunko_requests", "Requests answered, by status class.", "method", "route", "status")
_SECONDS = histogram(
    "bunko_request_seconds",
    "Time from the arrival of a request until its response begins.",
    "method",
    "route",
)
_CLASSES = ("2xx", "3xx", "4xx", "5xx")

UNKNOWN = "unknown"
"""Label for requests that match no route."""


class ResponseLog:
    """Metrics of the responses of one method and route."""

    def __init__(self, method: str, route: str) -> None:
        self._by_class = [_REQUESTS.of(method, route, status) for status in _CLASSES]
        self._seconds = _SECONDS.of(method, route)

    def record(self, status: int, seconds: float) -> None:
        """Count a response with ``status`` that began after ``seconds``."""
        self._by_class[status // 100 - 2].inc()
        self._seconds.observe(seconds)

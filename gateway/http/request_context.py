"""The context of one request: its WSGI environment, and the results of the steps that it has passed."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gateway.http.request_target import RequestTarget
from gateway.http.route_table import Route
from shared.observability import server_timing
from shared.observability.request_metrics import UNKNOWN

if TYPE_CHECKING:
    from shared.observability.spans import RequestSpan


@dataclass(slots=True)
class RequestContext:
    """One request on its way through the gateway.

    Attributes without a default are set by the step that determines them, and read only by later steps.
    """

    environ: Mapping[str, Any]
    request_id: str
    path: str
    """As sent; normalised once the request target is parsed."""
    target: RequestTarget = field(init=False)
    client_ip: str = field(init=False)
    route: Route = field(init=False)
    route_label: str = UNKNOWN
    """The label of the request's metrics: the prefix of its route, where it has one."""
    session_token: str | None = None
    """The value of the session cookie, not yet verified."""
    user_id: int | None = None
    upstream: str | None = None
    """The base URL of the node that answered."""
    show_timing: bool = False
    """True if the response gets a ``Server-Timing`` header."""
    work: server_timing.ServerTiming | None = None
    """The upstream's report of its own work."""
    span: "RequestSpan | None" = None
    """None where tracing is off."""
    started: float = field(default_factory=time.perf_counter)
    response_ms: float = 0.0
    """Milliseconds from the request's start to the start of its response."""

    def header(self, name: str) -> str:
        """Return the header with the WSGI name ``name``, empty if it was not sent."""
        return str(self.environ.get(name, ""))

    @property
    def method(self) -> str:
        """The HTTP method."""
        return str(self.environ["REQUEST_METHOD"])

    @property
    def origin(self) -> str:
        """The ``Origin`` header in lower case."""
        return self.header("HTTP_ORIGIN").lower()

    @property
    def is_preflight(self) -> bool:
        """True if this is a CORS preflight request."""
        is_options = self.method == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in self.environ
        return is_options and bool(self.origin)

    @property
    def is_health_check(self) -> bool:
        """True if this is a request for a health page: these are neither logged nor counted nor traced."""
        return self.path.startswith("/health/")

    def elapsed_ms(self) -> float:
        """Return the milliseconds since the request's start."""
        return round((time.perf_counter() - self.started) * 1000, 2)

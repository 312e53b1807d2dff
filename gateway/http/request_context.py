"""A request on its way through the gateway, and what is found out about it there."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from shared.observability import server_timing
from shared.observability.request_metrics import UNKNOWN

if TYPE_CHECKING:
    from shared.observability.spans import RequestSpan


@dataclass(slots=True)
class RequestContext:
    """A request as the WSGI server hands it over, and what the log says about it."""

    environ: Mapping[str, Any]
    request_id: str
    path: str
    """In its one spelling as soon as it is known to have one."""
    route: str = UNKNOWN
    """The prefix that it has, as far as that is known: what it is counted under."""
    user_id: int | None = None
    upstream: str | None = None
    """The address of the program that answered."""
    show_timing: bool = False
    """Whether the caller is to learn how long each part of the answer took."""
    work: server_timing.ServerTiming | None = None
    """What the program that answered did for it, as it says itself."""
    span: "RequestSpan | None" = None
    """Its span, where traces are recorded."""
    started: float = field(default_factory=time.perf_counter)

    def header(self, name: str) -> str:
        """Return the header that WSGI calls ``name``, empty if it was not sent."""
        return str(self.environ.get(name, ""))

    @property
    def method(self) -> str:
        """The request's method."""
        return str(self.environ["REQUEST_METHOD"])

    @property
    def origin(self) -> str:
        """The page that a browser sent the request for."""
        return self.header("HTTP_ORIGIN").lower()

    @property
    def is_preflight(self) -> bool:
        """Whether a browser only asks if it may send the request that it describes."""
        asks = self.method == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in self.environ
        return asks and bool(self.origin)

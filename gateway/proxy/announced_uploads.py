"""Large uploads at the gateway: announced to file nodes by their heads, a few at a time, and not while all are full.

In a storm of uploads the first learn from the nodes that these are full; the others are refused without a question.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from gateway.http.body import Body, BodyBudget
from gateway.http.request_context import RequestContext
from gateway.proxy.upstream import Upstream, UpstreamResponse
from shared.errors import UNAVAILABLE, Refusal
from shared.files import upload_announcement
from shared.rpc.balancer import Balancer

AT_ONCE = 8
"""Announcements that are under way."""
_TURN_SECONDS = 0.05
"""How long an upload waits until it can be announced."""
_FULL_SECONDS = 0.5
"""How long a node that was full is taken to be so."""
NODES_FULL = UNAVAILABLE.with_headers({"Retry-After": "2"})

Ask = Callable[[Body | None, str, Upstream | None], UpstreamResponse]
"""Sends the request, with or without its body, and says which step of an upload it is; to a node, or to any."""


class Uploads:
    """The uploads that are announced to ``nodes``; their ``bodies`` are read when a node expects them."""

    def __init__(self, nodes: Balancer[Upstream], bodies: BodyBudget) -> None:
        self._nodes = nodes
        self._bodies = bodies
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self._full_until: dict[str, float] = {}

    def send(self, context: RequestContext, ask: Ask) -> UpstreamResponse:
        """Return the answer to an upload, or the refusal of its announcement."""
        self._bodies.check(context.environ)
        with self._turn():
            response = ask(None, upload_announcement.ANNOUNCEMENT, None)
            if response.status == NODES_FULL.status:
                self._full_until[response.upstream.url] = time.monotonic() + _FULL_SECONDS
        if response.status not in (upload_announcement.EXPECTED, 400):
            return response
        response.close()
        try:
            with self._bodies.receive(context.environ) as received:
                return ask(received, "", response.upstream)
        except Refusal:
            with suppress(Refusal):
                ask(None, upload_announcement.WITHDRAWAL, response.upstream).close()
            raise

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Hold one of the places to announce uploads; raises 503 where all nodes are full, or none becomes free."""
        if not self._turns.acquire(timeout=_TURN_SECONDS):
            raise NODES_FULL
        try:
            now = time.monotonic()
            nodes = self._nodes.current()
            if nodes and all(self._full_until.get(node.url, 0) > now for node in nodes):
                raise NODES_FULL
            yield
        finally:
            self._turns.release()

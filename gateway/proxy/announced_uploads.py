"""Announces large uploads to file nodes before their bodies are received, and refuses them while all nodes are full.

An announcement is the request without its body. Few are sent at a time, so in a burst of uploads only the first ones
reach full nodes; the others are refused by the gateway.
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

MAX_ANNOUNCEMENTS = 8
"""Maximum number of concurrent announcements."""
_WAIT_SECONDS = 0.05
"""Seconds that an upload waits until it can be announced."""
_FULL_SECONDS = 0.5
"""Seconds for which a node is considered full after it refused an announcement."""
NODES_FULL = UNAVAILABLE.with_headers({"Retry-After": "2"})

Send = Callable[[Body | None, str, Upstream | None], UpstreamResponse]
"""Sends the request with a body or None, as a step of an upload (empty for the upload itself), to a node or to any."""


class Uploads:
    """Announces uploads to ``nodes``. The body is received, within the budget ``bodies``, once a node accepts it."""

    def __init__(self, nodes: Balancer[Upstream], bodies: BodyBudget) -> None:
        self._nodes = nodes
        self._bodies = bodies
        self._slots = threading.BoundedSemaphore(MAX_ANNOUNCEMENTS)
        self._full_until: dict[str, float] = {}

    def send(self, context: RequestContext, send: Send) -> UpstreamResponse:
        """Return the response to an upload, or to its announcement where a node refuses that."""
        self._bodies.check(context.environ)
        with self._slot():
            response = send(None, upload_announcement.ANNOUNCEMENT, None)
            if response.status == NODES_FULL.status:
                self._full_until[response.upstream.url] = time.monotonic() + _FULL_SECONDS
        if response.status not in (upload_announcement.EXPECTED, 400):
            return response
        response.close()
        try:
            with self._bodies.receive(context.environ) as received:
                return send(received, "", response.upstream)
        except Refusal:
            with suppress(Refusal):
                send(None, upload_announcement.WITHDRAWAL, response.upstream).close()
            raise

    @contextmanager
    def _slot(self) -> Iterator[None]:
        """Hold a slot for an announcement; raises 503 where all nodes are full, or no slot becomes free."""
        if not self._slots.acquire(timeout=_WAIT_SECONDS):
            raise NODES_FULL
        try:
            now = time.monotonic()
            nodes = self._nodes.current()
            if nodes and all(self._full_until.get(node.url, 0) > now for node in nodes):
                raise NODES_FULL
            yield
        finally:
            self._slots.release()

"""Large uploads at the gateway: announced to file nodes by their heads, a few at a time, and not while all are full.

In a storm of uploads the first learn from the nodes that these are full; the others are refused without a question.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from gateway.body import Bodies, Body
from gateway.passing import Passing
from gateway.upstream import Exchange, Upstream
from shared import announcing
from shared.nodes import Nodes
from shared.refusals import UNAVAILABLE, Refusal

AT_ONCE = 8
"""Announcements that are under way."""
_TURN_SECONDS = 1.0
"""How long an upload waits until it can be announced."""
_FULL_SECONDS = 0.1
"""How long a node that was full is taken to be so."""
NODES_FULL = UNAVAILABLE.with_headers({"Retry-After": "2"})

Ask = Callable[[Body | None, str, Upstream | None], Exchange]
"""Sends the request, with or without its body, and says which step of an upload it is; to a node, or to any."""


class Uploads:
    """The uploads that are announced to ``nodes``; their ``bodies`` are read when a node expects them."""

    def __init__(self, nodes: Nodes[Upstream], bodies: Bodies) -> None:
        self._nodes = nodes
        self._bodies = bodies
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self._full_until: dict[str, float] = {}

    def send(self, passing: Passing, ask: Ask) -> Exchange:
        """Return the answer to an upload, or the refusal of its announcement."""
        self._bodies.check(passing.environ)
        with self._turn():
            exchange = ask(None, announcing.ANNOUNCEMENT, None)
            if exchange.status == NODES_FULL.status:
                self._full_until[exchange.upstream.url] = time.monotonic() + _FULL_SECONDS
        if exchange.status not in (announcing.EXPECTED, 400):
            return exchange
        exchange.close()
        try:
            with self._bodies.received(passing.environ) as received:
                return ask(received, "", exchange.upstream)
        except Refusal:
            with suppress(Refusal):
                ask(None, announcing.WITHDRAWAL, exchange.upstream).close()
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

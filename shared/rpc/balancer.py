"""The nodes of one program: which there are, which answer, and which gets the next request.

A node is out after three connections in a row could not be made, and is asked every second whether it is back. Only
connections count: what a node answers, be it a 503, says that it is there.
"""

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from typing import Generic, TypeVar

from shared.observability.metrics import shared_gauge

EJECT_AFTER = 3
PROBE_SECONDS = 1.0
PROBE_PATH = "/health/live"

_KNOWN = shared_gauge("bunko_nodes", "Nodes of another program that are known.", "service")
_EJECTED = shared_gauge(
    "bunko_nodes_out", "Those that are not asked, as they could not be reached.", "service"
)
_log = logging.getLogger("bunko.nodes")


class Node(ABC):
    """One node at the base URL ``url``, and how connections to it fared."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.failures = 0
        """Connections that could not be made, since one was."""
        self.outstanding = 0
        """Requests under way, where whoever sends them counts them."""

    @property
    def ejected(self) -> bool:
        """Whether the node is left alone until a probe finds it back."""
        return self.failures >= EJECT_AFTER

    @abstractmethod
    def is_alive(self) -> bool:
        """Ask the node for a sign of life."""


Own = TypeVar("Own", bound=Node)


class Balancer(Generic[Own]):
    """The nodes of ``service`` at the base URLs that ``urls`` gives, each made by ``make``.

    ``urls`` is asked at every request, so that nodes may come and go; one that stays keeps its connections and its
    record. ``urls_may_be_old`` is called where a connection could not be made.
    """

    def __init__(
        self,
        make: Callable[[str], Own],
        urls: Callable[[], Sequence[str]],
        on_connect_error: Callable[[], None] = lambda: None,
        *,
        service: str,
    ) -> None:
        self._make = make
        self._list = urls
        self._on_connect_error = on_connect_error
        self._urls: Sequence[str] = ()
        self._nodes: Sequence[Own] = ()
        self._turn = 0
        self._probe_wanted = threading.Event()
        self._probing = threading.Lock()
        self._known, self._ejected = _KNOWN.of(service), _EJECTED.of(service)
        self.current()

    def current(self) -> Sequence[Own]:
        """Return the nodes that there are now."""
        urls = self._list()
        if urls is not self._urls and urls != self._urls:
            known = {node.url: node for node in self._nodes}
            self._nodes = [known.get(url) or self._make(url) for url in urls]
            self._urls = urls
            self._update_gauges()
        return self._nodes

    def choose(self, tried: Collection[Node] = (), *, allow_ejected: bool = False) -> Own | None:
        """Return the node with the fewest requests under way, none of those ``tried``; None if none is in.

        Nodes that have equally few take turns. With ``even_out`` one that is out is better than none.
        """
        nodes = self.current()
        if len(nodes) == 1 and not tried and nodes[0].failures < EJECT_AFTER:
            return nodes[0]  # as it is mostly
        free = [node for node in nodes if not node.ejected and node not in tried]
        if not free and allow_ejected:
            free = [node for node in nodes if node not in tried]
        if len(free) < 2:
            return free[0] if free else None
        self._turn += 1
        turned = free[self._turn % len(free) :] + free[: self._turn % len(free)]
        return min(turned, key=lambda node: node.outstanding)

    def record_failure(self, node: Node) -> None:
        """Note that a connection could not be made; after the third in a row the node is out."""
        node.failures += 1
        self._on_connect_error()
        if node.failures == EJECT_AFTER:
            _log.warning("%s is out: no connection", node.url)
        if node.ejected:
            self._update_gauges()
            self._start_probing()

    def probe(self) -> bool:
        """Take back every node that is out and answers; whether any is still out."""
        for node in self.current():
            if node.ejected and node.is_alive():
                node.failures = 0
                _log.info("%s is back", node.url)
        self._update_gauges()
        return any(node.ejected for node in self._nodes)

    def _update_gauges(self) -> None:
        self._known.set(len(self._nodes))
        self._ejected.set(sum(node.ejected for node in self._nodes))

    def _start_probing(self) -> None:
        self._probe_wanted.set()
        if self._probing.acquire(blocking=False):  # for good: the thread stays
            threading.Thread(target=self._run, daemon=True, name="probe").start()

    def _run(self) -> None:
        while True:
            self._probe_wanted.wait()
            # Before looking: who goes out from now on is looked at once more.
            self._probe_wanted.clear()
            while self.probe():
                time.sleep(PROBE_SECONDS)

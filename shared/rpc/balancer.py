"""Load balancer over the nodes of one service, with passive ejection.

A node is ejected after ``EJECT_AFTER`` failed connection attempts in a row and then probed every second until it
answers. Only connection failures count: any response, even a 503, shows that the node is running.
"""

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from typing import Generic, TypeVar

from shared.observability.metrics import shared_gauge

EJECT_AFTER = 3
"""Failed connection attempts in a row until a node is ejected."""
PROBE_SECONDS = 1.0
"""Interval between probes of ejected nodes."""
PROBE_PATH = "/health/live"
"""Path of a probe; any response counts as success."""

_KNOWN = shared_gauge("bunko_nodes", "Known nodes of a service.", "service")
_EJECTED = shared_gauge(
    "bunko_nodes_out", "Nodes that get no requests because connections to them failed.", "service"
)
_log = logging.getLogger("bunko.nodes")


class Node(ABC):
    """One node at the base URL ``url``."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.failures = 0
        """Failed connection attempts since the last successful one."""
        self.outstanding = 0
        """Requests in progress; stays 0 if the caller does not count them."""

    @property
    def ejected(self) -> bool:
        """True if the node gets no requests until a probe succeeds."""
        return self.failures >= EJECT_AFTER

    @abstractmethod
    def is_alive(self) -> bool:
        """Probe the node; return whether it answers."""


Own = TypeVar("Own", bound=Node)


class Balancer(Generic[Own]):
    """The nodes of ``service``: ``make`` creates one for each base URL that ``urls`` returns.

    ``urls`` is called for every request, so that nodes can be added and removed; remaining nodes keep their connections
    and failure counts. ``on_connect_error`` is called after each failed connection attempt.
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
        """Return the current nodes, ejected ones included."""
        urls = self._list()
        if urls is not self._urls and urls != self._urls:
            known = {node.url: node for node in self._nodes}
            self._nodes = [known.get(url) or self._make(url) for url in urls]
            self._urls = urls
            self._update_gauges()
        return self._nodes

    def choose(self, tried: Collection[Node] = (), *, allow_ejected: bool = False) -> Own | None:
        """Return the node with the fewest outstanding requests that is neither ejected nor in ``tried``.

        Ties are broken in turn. If no node is left, an ejected one is returned with ``allow_ejected``, else None.
        """
        nodes = self.current()
        if len(nodes) == 1 and not tried and nodes[0].failures < EJECT_AFTER:
            return nodes[0]  # the usual case
        free = [node for node in nodes if not node.ejected and node not in tried]
        if not free and allow_ejected:
            free = [node for node in nodes if node not in tried]
        if len(free) < 2:
            return free[0] if free else None
        self._turn += 1
        turned = free[self._turn % len(free) :] + free[: self._turn % len(free)]
        return min(turned, key=lambda node: node.outstanding)

    def record_failure(self, node: Node) -> None:
        """Count a failed connection attempt; eject the node after ``EJECT_AFTER`` in a row."""
        node.failures += 1
        self._on_connect_error()
        if node.failures == EJECT_AFTER:
            _log.warning("%s is out: no connection", node.url)
        if node.ejected:
            self._update_gauges()
            self._start_probing()

    def probe(self) -> bool:
        """Probe the ejected nodes and reinstate those that answer; return whether any is still ejected."""
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
        if self._probing.acquire(blocking=False):  # never released: the thread runs until the program ends
            threading.Thread(target=self._run, daemon=True, name="probe").start()

    def _run(self) -> None:
        while True:
            self._probe_wanted.wait()
            # Cleared before the probe, so that a node ejected during the probe starts another one.
            self._probe_wanted.clear()
            while self.probe():
                time.sleep(PROBE_SECONDS)

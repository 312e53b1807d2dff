"""Service discovery by DNS: every address of a name is a node; the name is resolved every few seconds.

If the name cannot be resolved, the known nodes are kept; the balancer ejects those that are gone. Requests never wait
for DNS.
"""

import logging
import socket
import threading
import time
from collections.abc import Callable, Sequence

REFRESH_SECONDS = 5.0
"""Interval between lookups, unless ``refresh_soon`` is called."""
_MIN_SECONDS = 0.2
"""Minimum interval between lookups."""

_log = logging.getLogger("bunko.nodes")

Lookup = Callable[[str, int], Sequence[str]]


class DnsDiscovery:
    """The base URLs of the nodes behind one name."""

    def __init__(self, host_and_port: str, *, lookup: Lookup | None = None) -> None:
        """``host_and_port`` is ``name:port``; raises ``ValueError`` for any other text."""
        self._name, _, port = host_and_port.rpartition(":")
        if not self._name or not port.isdecimal():
            raise ValueError(host_and_port)
        self._port = int(port)
        self._lookup = lookup or resolve
        self._wanted = threading.Event()
        self._unresolved = False
        self.urls: tuple[str, ...] = ()

    def start(self) -> None:
        """Resolve the name now and start the thread that repeats it."""
        self.refresh()
        threading.Thread(target=self._run, daemon=True, name="discovery").start()

    def refresh_soon(self) -> None:
        """Resolve the name soon: its addresses may have changed."""
        self._wanted.set()

    def refresh(self) -> None:
        """Resolve the name once and update ``urls``."""
        try:
            found = sorted(set(self._lookup(self._name, self._port)))
        except OSError as error:
            if not self._unresolved:
                _log.warning("%s cannot be resolved, its nodes stay as they are: %s", self._name, error)
            self._unresolved = True
            return
        self._unresolved = False
        urls = tuple(f"http://{_host(address)}:{self._port}" for address in found)
        if urls != self.urls:
            _log.info("nodes of %s: %s", self._name, ", ".join(urls))
            self.urls = urls

    def _run(self) -> None:
        while True:
            self._wanted.wait(REFRESH_SECONDS)
            self._wanted.clear()
            self.refresh()
            time.sleep(_MIN_SECONDS)


def resolve(name: str, port: int) -> Sequence[str]:
    """Return the addresses of ``name`` from the system's resolver; raises ``OSError``."""
    return [str(found[4][0]) for found in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)]


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address

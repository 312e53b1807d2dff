"""Nodes by name: every address that DNS knows for a name is a node, asked anew every few seconds.

A name that cannot be resolved says nothing: the nodes stay as they were, and those that are gone go out by
themselves. Requests never wait for an answer.
"""

import logging
import socket
import threading
import time
from collections.abc import Callable, Sequence

REFRESH_SECONDS = 5.0
"""Between two questions, unless somebody cannot wait."""
_MIN_SECONDS = 0.2

_log = logging.getLogger("bunko.nodes")

Lookup = Callable[[str, int], Sequence[str]]


class DnsDiscovery:
    """The base URLs of the nodes behind one name."""

    def __init__(self, host_and_port: str, *, lookup: Lookup | None = None) -> None:
        """``place`` is ``name:port``; raises ``ValueError`` for what is none."""
        self._name, _, port = host_and_port.rpartition(":")
        if not self._name or not port.isdecimal():
            raise ValueError(host_and_port)
        self._port = int(port)
        self._lookup = lookup or resolve
        self._wanted = threading.Event()
        self._unresolved = False
        self.urls: tuple[str, ...] = ()

    def start(self) -> None:
        """Ask now, and from now on every few seconds."""
        self.refresh()
        threading.Thread(target=self._run, daemon=True, name="discovery").start()

    def refresh_soon(self) -> None:
        """Have the question asked soon: an address may be another's by now."""
        self._wanted.set()

    def refresh(self) -> None:
        """Ask once."""
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
    """Return the addresses that the system's resolver knows; raises ``OSError``."""
    return [str(found[4][0]) for found in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)]


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address

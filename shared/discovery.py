"""Nodes by name: every address that DNS knows for a name is a node, asked anew every few seconds.

A name that cannot be resolved says nothing: the nodes stay as they were, and those that are gone go out by
themselves. Requests never wait for an answer.
"""

import logging
import socket
import threading
import time
from collections.abc import Callable, Sequence

SECONDS = 5.0
"""Between two questions, unless somebody cannot wait."""
_SECONDS_AT_LEAST = 0.2

_log = logging.getLogger("bunko.nodes")

Lookup = Callable[[str, int], Sequence[str]]


class Discovery:
    """The base URLs of the nodes behind one name."""

    def __init__(self, place: str, *, lookup: Lookup | None = None) -> None:
        """``place`` is ``name:port``; raises ``ValueError`` for what is none."""
        self._name, _, port = place.rpartition(":")
        if not self._name or not port.isdecimal():
            raise ValueError(place)
        self._port = int(port)
        self._lookup = lookup or addresses
        self._wanted = threading.Event()
        self._unknown = False
        self.urls: tuple[str, ...] = ()

    def start(self) -> None:
        """Ask now, and from now on every few seconds."""
        self.refresh()
        threading.Thread(target=self._keep_asking, daemon=True, name="discovery").start()

    def hurry(self) -> None:
        """Have the question asked soon: an address may be another's by now."""
        self._wanted.set()

    def refresh(self) -> None:
        """Ask once."""
        try:
            found = sorted(set(self._lookup(self._name, self._port)))
        except OSError as error:
            if not self._unknown:
                _log.warning("%s cannot be resolved, its nodes stay as they are: %s", self._name, error)
            self._unknown = True
            return
        self._unknown = False
        urls = tuple(f"http://{_host(address)}:{self._port}" for address in found)
        if urls != self.urls:
            _log.info("nodes of %s: %s", self._name, ", ".join(urls))
            self.urls = urls

    def _keep_asking(self) -> None:
        while True:
            self._wanted.wait(SECONDS)
            self._wanted.clear()
            self.refresh()
            time.sleep(_SECONDS_AT_LEAST)


def addresses(name: str, port: int) -> Sequence[str]:
    """Return the addresses that the system's resolver knows; raises ``OSError``."""
    return [str(found[4][0]) for found in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)]


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address

"""File nodes by name: every address that DNS knows for it is a node, asked anew every few seconds.

A name that cannot be resolved says nothing: the nodes stay as they were, and those that are gone go out by
themselves. Requests never wait for an answer.
"""

import logging
import socket
import threading
import time
from collections.abc import Callable, Sequence

SECONDS = 5.0
"""Between two questions."""

_log = logging.getLogger("bunko.gateway")

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
        self.urls: Sequence[str] = ()

    def start(self) -> None:
        """Ask now, and from now on every few seconds."""
        self.refresh()
        threading.Thread(target=self._keep_asking, daemon=True, name="discovery").start()

    def refresh(self) -> None:
        """Ask once."""
        try:
            found = sorted(set(self._lookup(self._name, self._port)))
        except OSError as error:
            _log.warning("%s cannot be resolved, its nodes stay as they are: %s", self._name, error)
            return
        urls = tuple(f"http://{_host(address)}:{self._port}" for address in found)
        if urls != self.urls:
            _log.info("file nodes of %s: %s", self._name, ", ".join(urls))
            self.urls = urls

    def _keep_asking(self) -> None:
        while True:
            time.sleep(SECONDS)
            self.refresh()


def addresses(name: str, port: int) -> Sequence[str]:
    """Return the addresses that the system's resolver knows; raises ``OSError``."""
    return [str(found[4][0]) for found in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)]


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address

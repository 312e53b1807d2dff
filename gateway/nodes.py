"""The file nodes: which there are, which answer, and which gets the next request.

A node is out after three connections in a row could not be made, and is asked every second whether it is back. Only
connections count: what a node answers, be it a 503, says that it is there.
"""

import logging
import threading
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from gateway.upstream import Unanswered, Upstream

FAILURES = 3
PROBE_SECONDS = 1.0
NODE_SECONDS = 60
"""How long a file node may stay silent, unless ``NODE_SECONDS`` says otherwise: it may be decoding."""
_PROBE_PATH = "/health/live"

_log = logging.getLogger("bunko.gateway")


class Node:
    """One file node, and how its connections fared."""

    def __init__(self, url: str, *, seconds: float) -> None:
        self.upstream = Upstream("files", url, seconds=seconds)
        self.failures = 0

    @property
    def out(self) -> bool:
        """Whether the node is left alone until a probe finds it back."""
        return self.failures >= FAILURES

    def answers(self) -> bool:
        """Ask the node for a sign of life."""
        try:
            self.upstream.send("GET", _PROBE_PATH, {}).close()
        except Unanswered:
            return False
        return True


class Nodes:
    """The file nodes named in a text file, one base URL a line, and those that ``discovered`` names.

    The file is read again whenever it changes. A node that stays keeps its connections and its record.
    """

    def __init__(
        self, file: Path, *, seconds: float = NODE_SECONDS, discovered: Callable[[], Sequence[str]] = tuple
    ) -> None:
        self._file = file
        self._seconds = seconds
        self._discovered = discovered
        self._stamp: tuple[int, int, int] | None = None
        self._in_file: Sequence[str] = ()
        self._urls: Sequence[str] = ()
        self._nodes: Sequence[Node] = ()
        self._turn = 0
        self._probing = threading.Lock()

    def current(self) -> Sequence[Node]:
        """Return the nodes that are configured now."""
        try:
            facts = self._file.stat()
            stamp = (facts.st_mtime_ns, facts.st_size, facts.st_ino)
            if stamp != self._stamp:
                lines = self._file.read_text().splitlines()
                self._in_file, self._stamp = [line.strip().rstrip("/") for line in lines], stamp
        except FileNotFoundError:
            self._in_file, self._stamp = (), None
        except OSError as error:
            _log.warning("%s cannot be read, its nodes stay as they are: %s", self._file, error)
        urls = [url for url in dict.fromkeys((*self._in_file, *self._discovered())) if url]
        if urls != self._urls:
            known = {node.upstream.url: node for node in self._nodes}
            self._nodes = [known.get(url) or Node(url, seconds=self._seconds) for url in urls]
            self._urls = urls
        return self._nodes

    def pick(self, tried: Collection[Upstream] = ()) -> Upstream | None:
        """Return the node with the fewest requests under way; None if none is in.

        Nodes that have equally few take turns.
        """
        free = [node for node in self.current() if not node.out and node.upstream not in tried]
        if not free:
            return None
        self._turn += 1
        turned = free[self._turn % len(free) :] + free[: self._turn % len(free)]
        return min(turned, key=lambda node: node.upstream.outstanding).upstream

    def reached(self, upstream: Upstream) -> None:
        """Note that a connection was made."""
        for node in self._nodes:
            if node.upstream is upstream:
                node.failures = 0

    def missed(self, upstream: Upstream) -> None:
        """Note that a connection could not be made; after the third in a row the node is out."""
        for node in self._nodes:
            if node.upstream is upstream:
                node.failures += 1
                if node.failures == FAILURES:
                    _log.warning("file node %s is out: no connection", upstream.url)
                    self._start_probing()

    def probe(self) -> bool:
        """Take back every node that is out and answers; whether any is still out."""
        for node in self.current():
            if node.out and node.answers():
                node.failures = 0
                _log.info("file node %s is back", node.upstream.url)
        return any(node.out for node in self._nodes)

    def _start_probing(self) -> None:
        if self._probing.acquire(blocking=False):
            threading.Thread(target=self._probe_until_all_are_in, daemon=True, name="probe").start()

    def _probe_until_all_are_in(self, sleep: Callable[[float], None] = time.sleep) -> None:
        try:
            while self.probe():
                sleep(PROBE_SECONDS)
        finally:
            self._probing.release()

"""Gunicorn's threaded worker, which drains before it ends, and bounds how long a request holds one of its threads.

The original (26.2) closes a connection after the last answer without having said so in it, and waits for idle
connections until its graceful timeout. It waits without end for a client that stops sending or stops reading.
"""

import socket
import time
from contextlib import suppress
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from shared import settings, shutdown
from shared.serving.orphaned import OrphanDetector

ANSWER_SECONDS = 120
"""For one request, from its head to the last byte of its answer, unless ``ANSWER_SECONDS`` says otherwise."""
STALL_SECONDS = 10
"""How long a client may take for one piece of a body, or of an answer."""

_TICK_SECONDS = 0.1
"""How often a draining worker looks whether it may end."""


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Answers until nobody is connected any more; that is bounded by gunicorn's ``graceful_timeout``."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._stop_accepting_at = float("inf")
        self._orphan_detector = OrphanDetector()
        self._answer_seconds = settings.whole("ANSWER_SECONDS", ANSWER_SECONDS)
        self._begun: dict[Any, float] = {}
        """The connections that hold a thread, and since when."""

    def handle(self, conn: Any) -> Any:
        """Serve one request of a connection, in a thread."""
        self._begun[conn] = time.monotonic()
        try:
            return super().handle(conn)
        finally:
            del self._begun[conn]

    def _disconnect_overdue(self) -> None:
        """Free the threads of requests that have taken too long: what they wait for on the connection fails."""
        latest = time.monotonic() - self._answer_seconds
        for connection, begun in tuple(self._begun.items()):
            if begun < latest:
                self.log.warning("a request was broken off after %d s", self._answer_seconds)
                _disconnect(connection)

    def handle_exit(self, _sig: Any, _frame: Any) -> None:
        """Begin to drain."""
        if not shutdown.started.is_set():
            shutdown.started.set()
            # Not here: the signal may have interrupted the loop while it was changing what draining changes.
            self.method_queue.defer(self._drain)

    def _drain(self) -> None:
        self._stop_accepting_at = time.monotonic() + shutdown.GRACE_SECONDS
        self.cfg.set("keepalive", shutdown.GRACE_SECONDS)
        for connection in (*self.keepalived_conns, *self.pending_conns):
            connection.set_timeout()

    def is_parent_alive(self) -> bool:
        """Drain when the master is gone and nobody will start another; the original leaves at once."""
        if self._orphan_detector.should_exit(self.ppid):
            self.handle_exit(None, None)
        return True

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer one request, while draining as the connection's last."""
        if shutdown.started.is_set():
            req.force_close()
        conn.sock.settimeout(STALL_SECONDS)
        try:
            return super().handle_request(req, conn)
        except TimeoutError:
            self.log.warning("a client stood still for %d s", STALL_SECONDS)
            _disconnect(conn)
            raise StopIteration from None

    def set_accept_enabled(self, enabled: bool) -> None:
        """Take new connections, or do not: never when the time for parting is over."""
        super().set_accept_enabled(enabled and time.monotonic() < self._stop_accepting_at)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Do what there is to do; a draining worker ends when it is connected to nobody."""
        self._disconnect_overdue()
        if not shutdown.started.is_set():
            super().wait_for_and_dispatch_events(timeout)
            return
        super().wait_for_and_dispatch_events(min(timeout, _TICK_SECONDS))
        self.set_accept_enabled(self.nr_conns < self.worker_connections)
        if self.nr_conns == 0:
            self.alive = False


def _disconnect(connection: Any) -> None:
    """End a connection in both directions: closing it, which gunicorn does afterwards, then waits for nothing."""
    with suppress(OSError):
        connection.sock.shutdown(socket.SHUT_RDWR)

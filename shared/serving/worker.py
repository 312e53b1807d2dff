"""Gunicorn's threaded worker with graceful draining and time limits for requests.

Gunicorn's own (26.2) closes a connection after its last response without ``Connection: close``, and waits for idle
connections until the graceful timeout. It has no time limit for clients that stop sending or reading.
"""

import socket
import time
from contextlib import suppress
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from shared import settings, shutdown
from shared.serving.orphaned import OrphanDetector

ANSWER_SECONDS = 120
"""Default of the setting ``ANSWER_SECONDS``: limit from a request's head to the last byte of its response."""
STALL_SECONDS = 10
"""Time limit for one socket read of a request body and one write of a response."""

_TICK_SECONDS = 0.1
"""Interval at which a draining worker checks whether all connections are closed."""


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A worker that ends when its last connection is closed, at the latest after gunicorn's ``graceful_timeout``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._stop_accepting_at = float("inf")
        self._orphan_detector = OrphanDetector()
        self._answer_seconds = settings.whole("ANSWER_SECONDS", ANSWER_SECONDS)
        self._started: dict[Any, float] = {}
        """Connection with a request in progress -> its start time."""

    def handle(self, conn: Any) -> Any:
        """Serve one request of a connection. Runs in a pool thread."""
        self._started[conn] = time.monotonic()
        try:
            return super().handle(conn)
        finally:
            del self._started[conn]

    def _disconnect_overdue(self) -> None:
        """Shut down the connections of requests over the time limit; the socket error frees their threads."""
        latest = time.monotonic() - self._answer_seconds
        for connection, started in tuple(self._started.items()):
            if started < latest:
                self.log.warning("a request was aborted after %d s", self._answer_seconds)
                _disconnect(connection)

    def handle_exit(self, _sig: Any, _frame: Any) -> None:
        """Start draining. This is the signal handler of SIGTERM."""
        if not shutdown.started.is_set():
            shutdown.started.set()
            # Deferred: the signal may have interrupted the main loop while it changes the same data.
            self.method_queue.defer(self._drain)

    def _drain(self) -> None:
        self._stop_accepting_at = time.monotonic() + shutdown.GRACE_SECONDS
        self.cfg.set("keepalive", shutdown.GRACE_SECONDS)
        for connection in (*self.keepalived_conns, *self.pending_conns):
            connection.set_timeout()

    def is_parent_alive(self) -> bool:
        """Start draining if the master is dead and no new one is expected; gunicorn's worker exits at once."""
        if self._orphan_detector.should_exit(self.ppid):
            self.handle_exit(None, None)
        return True

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Handle one request; while draining, close the connection after it."""
        if shutdown.started.is_set():
            req.force_close()
        conn.sock.settimeout(STALL_SECONDS)
        try:
            return super().handle_request(req, conn)
        except TimeoutError:
            self.log.warning("a client sent or read nothing for %d s", STALL_SECONDS)
            _disconnect(conn)
            raise StopIteration from None

    def set_accept_enabled(self, enabled: bool) -> None:
        """Start or stop accepting connections; after the grace period of a shutdown never start again."""
        super().set_accept_enabled(enabled and time.monotonic() < self._stop_accepting_at)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Run one turn of the main loop; a draining worker ends when no connection is left."""
        self._disconnect_overdue()
        if not shutdown.started.is_set():
            super().wait_for_and_dispatch_events(timeout)
            return
        super().wait_for_and_dispatch_events(min(timeout, _TICK_SECONDS))
        self.set_accept_enabled(self.nr_conns < self.worker_connections)
        if self.nr_conns == 0:
            self.alive = False


def _disconnect(connection: Any) -> None:
    """Shut a connection down in both directions, so that gunicorn's later ``close`` does not block."""
    with suppress(OSError):
        connection.sock.shutdown(socket.SHUT_RDWR)

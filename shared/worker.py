"""Gunicorn's threaded worker, which drains before it ends; the original resets connections that are in use.

The original (26.2) closes a connection after the last answer without having said so in it, and waits for idle
connections until its graceful timeout.
"""

import time
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from shared import draining
from shared.orphans import Bereavement

_TICK_SECONDS = 0.1
"""How often a draining worker looks whether it may end."""


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Answers until nobody is connected any more; that is bounded by gunicorn's ``graceful_timeout``."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._deaf_from = float("inf")
        self._bereavement = Bereavement()

    def handle_exit(self, _sig: Any, _frame: Any) -> None:
        """Begin to drain."""
        if not draining.begun.is_set():
            draining.begun.set()
            # Not here: the signal may have interrupted the loop while it was changing what draining changes.
            self.method_queue.defer(self._drain)

    def _drain(self) -> None:
        self._deaf_from = time.monotonic() + draining.PARTING_SECONDS
        self.cfg.set("keepalive", draining.PARTING_SECONDS)
        for connection in (*self.keepalived_conns, *self.pending_conns):
            connection.set_timeout()

    def is_parent_alive(self) -> bool:
        """Drain when the master is gone and nobody will start another; the original leaves at once."""
        if self._bereavement.is_final(self.ppid):
            self.handle_exit(None, None)
        return True

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer one request, while draining as the connection's last."""
        if draining.begun.is_set():
            req.force_close()
        return super().handle_request(req, conn)

    def set_accept_enabled(self, enabled: bool) -> None:
        """Take new connections, or do not: never when the time for parting is over."""
        super().set_accept_enabled(enabled and time.monotonic() < self._deaf_from)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Do what there is to do; a draining worker ends when it is connected to nobody."""
        if not draining.begun.is_set():
            super().wait_for_and_dispatch_events(timeout)
            return
        super().wait_for_and_dispatch_events(min(timeout, _TICK_SECONDS))
        self.set_accept_enabled(self.nr_conns < self.worker_connections)
        if self.nr_conns == 0:
            self.alive = False

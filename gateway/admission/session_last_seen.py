"""Writes the last use of sessions to the database asynchronously, so that requests do not wait for it."""

import logging
import queue
import threading

from gateway.database import DatabaseUnavailable, GatewayDatabase

_log = logging.getLogger("bunko.gateway")

_MAX_PENDING = 1000
"""Maximum queue length. Beyond it entries are dropped; the session's next request enqueues it again."""


class LastSeenWriter:
    """A queue of session ids, and a thread that writes them to the database."""

    def __init__(self, database: GatewayDatabase) -> None:
        self._database = database
        self._queue: queue.Queue[str] = queue.Queue(_MAX_PENDING)
        self._pending: set[str] = set()

    def start(self) -> None:
        """Start the thread."""
        threading.Thread(target=self._run, daemon=True, name="session-last-seen").start()

    def enqueue(self, session_id: str) -> None:
        """Enqueue a session, unless it is queued already."""
        if session_id in self._pending:
            return
        self._pending.add(session_id)
        try:
            self._queue.put_nowait(session_id)
        except queue.Full:
            self._pending.discard(session_id)

    def _run(self) -> None:
        while True:
            session_id = self._queue.get()
            try:
                self._database.call("see_session", session_id)
            except DatabaseUnavailable:
                _log.warning("the last use of a session was not written")
            finally:
                self._pending.discard(session_id)

"""When sessions were last used: written down a moment later, so that no request waits for it."""

import logging
import queue
import threading

from gateway.database import DatabaseUnavailable, GatewayDatabase

_log = logging.getLogger("bunko.gateway")

_MAX_PENDING = 1000
"""How many sightings wait at most; what comes beyond is dropped, and noted at the session's next request."""


class LastSeenWriter:
    """Sessions that were just seen, and the thread that tells the database."""

    def __init__(self, database: GatewayDatabase) -> None:
        self._database = database
        self._queue: queue.Queue[str] = queue.Queue(_MAX_PENDING)
        self._pending: set[str] = set()

    def start(self) -> None:
        """Begin to write down what is noted."""
        threading.Thread(target=self._run, daemon=True, name="sightings").start()

    def enqueue(self, session_id: str) -> None:
        """Have a session's sighting written down."""
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
                _log.warning("a session's sighting was not written down")
            finally:
                self._pending.discard(session_id)

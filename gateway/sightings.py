"""When sessions were last used: written down a moment later, so that no request waits for it."""

import logging
import queue
import threading

from gateway.database import Away, Database

_log = logging.getLogger("bunko.gateway")

_WAITING = 1000
"""How many sightings wait at most; what comes beyond is dropped, and noted at the session's next request."""


class Sightings:
    """Sessions that were just seen, and the thread that tells the database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: queue.Queue[str] = queue.Queue(_WAITING)
        self._waiting: set[str] = set()

    def start(self) -> None:
        """Begin to write down what is noted."""
        threading.Thread(target=self._keep_writing, daemon=True, name="sightings").start()

    def note(self, session_id: str) -> None:
        """Have a session's sighting written down."""
        if session_id in self._waiting:
            return
        self._waiting.add(session_id)
        try:
            self._seen.put_nowait(session_id)
        except queue.Full:
            self._waiting.discard(session_id)

    def _keep_writing(self) -> None:
        while True:
            session_id = self._seen.get()
            try:
                self._database.ask("see_session", session_id)
            except Away:
                _log.warning("a session's sighting was not written down")
            finally:
                self._waiting.discard(session_id)

"""Lists read from a replica of the database: a moment old perhaps, but never older than what the reader has written.

Whoever commits a change says with the answer how far PostgreSQL's log was then (``HEADER``). The gateway gives that to
the client, as a cookie for a minute, and hands it to every service the client asks meanwhile. A replica that has not
come that far does not answer that client. One that is further behind than the cookie lives answers nobody.

How far the replica is, a thread asks twice a second, so that no request has to.
"""

import logging
import threading
import time
from typing import TYPE_CHECKING

import psycopg2
from sqlalchemy.exc import SQLAlchemyError

if TYPE_CHECKING:
    from shared.postgres.engine import Database

LATEST_SECONDS = 30.0
"""How far a replica may be behind; less than ``written.SECONDS``, for which clients remember what they wrote."""
_LOOK_SECONDS = 0.5
_BELIEVED_SECONDS = 3.0
"""How long a look counts: longer than one takes."""

_log = logging.getLogger("bunko.replica")


class Replica:
    """A replica of ``primary``: ``database`` reads from it."""

    def __init__(self, database: "Database", primary: "Database") -> None:
        self.database = database
        self._primary = primary
        self._replayed = 0
        """How far in the log it was at the last look."""
        self._looked = float("-inf")
        """When that was; long ago where it does not answer."""
        self._fresh = float("-inf")
        """A moment of which it holds everything that had been committed by then."""
        self._mark, self._marked = 0, float("-inf")
        """How far the primary was, and when: the next such moment."""

    def start(self) -> None:
        """Begin to look."""
        threading.Thread(target=self._keep_looking, daemon=True, name="replica").start()

    def may_answer(self, asked: int) -> bool:
        """Whether it holds everything up to position ``asked``, and is not too far behind for anybody."""
        now = time.monotonic()
        return (
            self._replayed >= asked
            and now - self._looked < _BELIEVED_SECONDS
            and now - self._fresh < LATEST_SECONDS
        )

    def failed(self, error: Exception) -> bool:
        """Whether ``error`` is one of the database's: the primary is to be asked, and by others until the next look.

        It may be away, have to give up what it reads for what it must replay, or not have the newest schema yet.
        """
        if not isinstance(error, psycopg2.Error | SQLAlchemyError):
            return False
        _log.warning("the replica could not answer: %s", " ".join(str(error).split())[:200])
        self._looked = float("-inf")
        return True

    def look(self) -> None:
        """Ask both how far they are. Raises what the driver does."""
        began = time.monotonic()
        written, replayed = self._primary.position(), self.database.position()
        if replayed >= self._mark:
            self._fresh = self._marked
            self._mark, self._marked = written, began
        if replayed >= written:
            self._fresh = began
        self._replayed, self._looked = replayed, began

    def _keep_looking(self) -> None:
        answers = True
        while True:
            try:
                self.look()
                answers = True
            except (psycopg2.Error, SQLAlchemyError) as error:
                if answers:
                    _log.warning("the replica does not answer: %s", " ".join(str(error).split())[:200])
                answers = False
            time.sleep(_LOOK_SECONDS)

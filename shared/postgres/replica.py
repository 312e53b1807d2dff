"""Reads from a replica of the database that include the client's own writes.

A service returns the WAL position of each commit in a response header (``read_your_writes.HEADER``). The gateway sets
it as a cookie for a minute and sends it to services with the client's requests. A replica answers a request only after
it has replayed the log up to that position. It answers none if it lags by more than ``LATEST_SECONDS``, which is less
than the lifetime of the cookie.

A thread reads the position of the replica twice a second, so that requests need no query for it.
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
"""Maximum lag of the replica; less than ``read_your_writes.SECONDS``, the lifetime of the cookie."""
_POLL_SECONDS = 0.5
_VALID_SECONDS = 3.0
"""Validity of a poll's result. A poll takes less."""

_log = logging.getLogger("bunko.replica")


class Replica:
    """A replica of ``primary``, read through ``database``."""

    def __init__(self, database: "Database", primary: "Database") -> None:
        self.database = database
        self._primary = primary
        self._replayed = 0
        """The replica's WAL position at the last poll."""
        self._polled_at = float("-inf")
        """Time of the last poll; ``-inf`` after an error."""
        self._fresh_at = float("-inf")
        """The replica has every commit up to this time."""
        self._mark, self._marked_at = 0, float("-inf")
        """A WAL position of the primary and its time: ``_fresh_at`` once the replica has replayed it."""

    def start(self) -> None:
        """Start the polling thread."""
        threading.Thread(target=self._keep_polling, daemon=True, name="replica").start()

    def may_answer(self, position: int) -> bool:
        """Return whether the replica has replayed the log up to ``position`` and its lag is acceptable."""
        now = time.monotonic()
        return (
            self._replayed >= position
            and now - self._polled_at < _VALID_SECONDS
            and now - self._fresh_at < LATEST_SECONDS
        )

    def failed(self, error: Exception) -> bool:
        """Return whether ``error`` is a database error; then the replica is not used until the next poll.

        The caller then repeats the read on the primary. The replica may be unavailable, may have cancelled the query to
        replay a conflicting change, or may not have the newest schema yet.
        """
        if not isinstance(error, psycopg2.Error | SQLAlchemyError):
            return False
        _log.warning("the replica could not answer: %s", _one_line(error))
        self._polled_at = float("-inf")
        return True

    def poll(self) -> None:
        """Read the WAL positions of both databases. Raises the driver's errors."""
        began = time.monotonic()
        written, replayed = self._primary.position(), self.database.position()
        if replayed >= self._mark:
            self._fresh_at = self._marked_at
            self._mark, self._marked_at = written, began
        if replayed >= written:
            self._fresh_at = began
        self._replayed, self._polled_at = replayed, began

    def _keep_polling(self) -> None:
        answers = True
        while True:
            try:
                self.poll()
                answers = True
            except (psycopg2.Error, SQLAlchemyError) as error:
                if answers:
                    _log.warning("the replica does not answer: %s", _one_line(error))
                answers = False
            time.sleep(_POLL_SECONDS)


def _one_line(error: Exception) -> str:
    """Return the beginning of an error's text, without line breaks."""
    return " ".join(str(error).split())[:200]

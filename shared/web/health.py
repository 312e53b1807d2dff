"""Health report of a program for the gateway: readiness, version, start time, schema revision.

The gateway's status page shows it. The checks run at most once a second and never concurrently: if the database hangs,
only one thread waits for it, however many health requests arrive.
"""

import logging
import time
from collections.abc import Callable, Sequence
from threading import Lock
from typing import TypedDict

from shared import shutdown
from shared.build_info import moment, started, version

PATH = "/health/about"

_FRESH_SECONDS = 1.0
"""Minimum interval between checks."""
_STALE_SECONDS = 10.0
"""Maximum age of a report that is returned while a check is running."""

_log = logging.getLogger("bunko.about")


class SchemaState(TypedDict):
    """Revision of a database schema."""

    at: str | None
    """The database's revision; None if the database does not let this program read it."""
    newest: str
    """The newest revision in this program's code."""


class Health(TypedDict):
    """The health report."""

    ready: bool
    version: str
    started: str
    """RFC 3339, in UTC."""
    schema: SchemaState | None
    """None for a program without a schema, or if it is not ready."""


class HealthCheck:
    """Runs the checks of this program and caches the report."""

    def __init__(
        self, checks: Sequence[Callable[[], None]], schema: Callable[[], SchemaState] | None = None
    ) -> None:
        """``checks`` raise if a required dependency is unavailable; ``schema`` reads the schema's revision."""
        self._checks = checks
        self._schema = schema
        self._lock = Lock()
        self._checked_at = float("-inf")
        self._latest = self._health(ready=False)

    def health(self) -> Health:
        """Return the current report, at most ``_FRESH_SECONDS`` old.

        While another thread is checking, it is the last report, or one that is not ready after ``_STALE_SECONDS``.
        """
        if self._lock.acquire(blocking=False):
            try:
                if self._age() > _FRESH_SECONDS:
                    self._latest = self._check()
                    self._checked_at = time.monotonic()
                return self._latest
            finally:
                self._lock.release()
        return self._latest if self._age() < _STALE_SECONDS else self._health(ready=False)

    def _age(self) -> float:
        return time.monotonic() - self._checked_at

    def _check(self) -> Health:
        try:
            for check in self._checks:
                check()
            schema = self._schema() if self._schema else None
        except Exception as error:
            _log.warning("not ready: %s", error)
            return self._health(ready=False)
        return self._health(ready=not shutdown.started.is_set(), schema=schema)

    def _health(self, *, ready: bool, schema: SchemaState | None = None) -> Health:
        return {"ready": ready, "version": version(), "started": moment(started()), "schema": schema}

"""What a program says about itself when the gateway asks: whether it is ready, what it is, and since when it runs.

The page that shows people how Bunko is stands on these answers. However often they are asked for, the program looks at
what it needs once a second at most, and never twice at the same time: where the database hangs, one thread waits for
it, and not one for each question.
"""

import logging
import time
from collections.abc import Callable, Sequence
from threading import Lock
from typing import TypedDict

from shared import shutdown
from shared.build_info import STARTED, moment, version

PATH = "/health/about"

_FRESH_SECONDS = 1.0
_STALE_SECONDS = 10.0
"""How old an answer may be that is given while a newer one is being waited for."""

_log = logging.getLogger("bunko.about")


class SchemaState(TypedDict):
    """Which revision a schema is at."""

    at: str | None
    """None where the database cannot be asked, or does not say."""
    newest: str
    """The newest that comes with the program's own code."""


class Health(TypedDict):
    """What a program says about itself."""

    ready: bool
    version: str
    started: str
    """RFC 3339, in UTC."""
    schema: SchemaState | None
    """None for a program that keeps no schema."""


class HealthCheck:
    """What is found when this program looks at itself."""

    def __init__(
        self, checks: Sequence[Callable[[], None]], schema: Callable[[], SchemaState] | None = None
    ) -> None:
        """``needs`` are checks of what it cannot do without: each raises where that is away."""
        self._checks = checks
        self._schema = schema
        self._lock = Lock()
        self._checked_at = float("-inf")
        self._latest = self._health(ready=False)

    def health(self) -> Health:
        """Return what is true of this program, or was a moment ago."""
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
        return {"ready": ready, "version": version(), "started": moment(STARTED), "schema": schema}

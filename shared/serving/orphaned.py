"""A worker whose master was killed: it answers until its successor does, instead of leaving at once, as gunicorn's do.

A killed program is started again by the runner, and that takes seconds on a busy machine. Nobody has to wait for it, as
old and new worker take requests from the same socket. The runner ends what is left as soon as the new one is loaded.
"""

import os
import time

from shared import settings

ORPHAN_SECONDS = 35.0
"""How long a successor is waited for: a little longer than by the runner."""


class OrphanDetector:
    """Whether a worker has lost its master, and for how long it may go on without."""

    def __init__(self) -> None:
        self._supervisor = settings.whole("RUNNER", 0)
        """The process that starts the program again when it dies; 0 where nobody does."""
        self._since: float | None = None

    def should_exit(self, master: int) -> bool:
        """Whether there is nobody to wait for any more; ``master`` is the parent that the worker had at first."""
        if os.getppid() == master:
            return False
        self._since = self._since or time.monotonic()
        waits = time.monotonic() - self._since < ORPHAN_SECONDS
        return not (waits and _is_running(self._supervisor))


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's
        return True
    return process != 0

"""Orphaned workers: a worker whose master was killed serves on until the new master's workers are ready.

Gunicorn's own workers exit at once. The supervisor restarts a killed program, which takes seconds on a busy machine.
Meanwhile the old workers answer on the same socket, so that requests do not wait. The supervisor ends them when the new
workers are loaded.
"""

import os
import time

from shared import settings

ORPHAN_SECONDS = 35.0
"""Maximum time without a master; a little longer than the supervisor waits for a program to load."""


class OrphanDetector:
    """Detects the death of a worker's master and limits the time that the worker continues."""

    def __init__(self) -> None:
        self._supervisor = settings.whole("RUNNER", 0)
        """Process id of the supervisor that restarts the program; 0 if there is none."""
        self._orphaned_at: float | None = None

    def should_exit(self, master: int) -> bool:
        """Return whether the worker must exit; ``master`` is the process id of its original parent.

        It must exit if the master is dead and the supervisor is gone or ``ORPHAN_SECONDS`` have passed.
        """
        if os.getppid() == master:
            return False
        self._orphaned_at = self._orphaned_at or time.monotonic()
        in_time = time.monotonic() - self._orphaned_at < ORPHAN_SECONDS
        return not (in_time and _is_running(self._supervisor))


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # a process of another user
        return True
    return process != 0

"""Watchdog: ends a node that was suspended for minutes (frozen, stopped by a debugger, or without CPU time).

Owners abandon the key of an unfinished upload after a quarter of an hour. A node that resumes later could
still store files under that key, and no ledger would list them if it were killed then. It must therefore not
resume.
"""

import signal
import threading
import time

_MAX_SECONDS = 180.0
"""Maximum suspension. With the 10 minutes deadline of uploads it stays well below the owners' 15 minutes."""
_RESETS = 20
"""Number of resets within the alarm time."""


def start_watchdog(seconds: float = _MAX_SECONDS) -> None:
    """Let the kernel end this process if it was suspended for ``seconds``, before it executes anything else.

    A thread keeps resetting an alarm timer while the process runs. An overdue SIGALRM is delivered first when
    the process resumes, and ends it. The gunicorn master then starts a new worker.
    """
    threading.Thread(target=_reset_alarm, args=(seconds,), name="watchdog", daemon=True).start()


def _reset_alarm(seconds: float) -> None:
    while True:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        time.sleep(seconds / _RESETS)

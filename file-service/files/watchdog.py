"""An end to a node that stood still: frozen, stopped by a debugger, or without a processor for minutes.

Owners give an upload's key up after a quarter of an hour. A node that stood still in the middle of storing one would
go on where it was, and be it killed right then, nobody would know of the bytes. Going on is what it must not do.
"""

import signal
import threading
import time

_MAX_SECONDS = 180.0
"""Seconds. With the ten minutes after which uploads give up by themselves, well below the owners' fifteen."""
_RESETS = 20
"""How often the alarm is put off before it would go off."""


def start_watchdog(seconds: float = _MAX_SECONDS) -> None:
    """Let the kernel end this process where it stood still for ``seconds``, before it does anything else.

    An alarm is put off again and again, for as long as this process runs; one that is due is the first thing that
    happens to a process when it goes on. A worker that ended is replaced by its master.
    """
    threading.Thread(target=_reset_alarm, args=(seconds,), name="standstill", daemon=True).start()


def _reset_alarm(seconds: float) -> None:
    while True:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        time.sleep(seconds / _RESETS)

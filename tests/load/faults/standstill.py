"""Suspended processes: their connections stay open, and nothing answers."""

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psutil

from deploy.postgresql.database import NAME as POSTGRES
from deploy.stack.stack import Stack


@contextmanager
def standing_still(pids: Sequence[int]) -> Iterator[None]:
    """Suspend processes during the ``with`` block; those that have ended are skipped."""
    stopped = [pid for pid in pids if psutil.pid_exists(pid)]
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)


@contextmanager
def database_standing_still(stack: Stack) -> Iterator[None]:
    """Suspend PostgreSQL with all its current processes."""
    server = psutil.Process(stack.pids[POSTGRES])
    with standing_still([server.pid, *(child.pid for child in server.children())]):
        yield

"""Processes that stand still: nothing of them is gone, and nothing of them answers."""

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psutil

from deploy.postgresql.database import NAME as POSTGRES
from deploy.stack.stack import Stack


@contextmanager
def standing_still(pids: Sequence[int]) -> Iterator[None]:
    """Let processes stand still during the ``with`` block; those that have ended are left out."""
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
    """Let PostgreSQL stand still, with every process that it has now."""
    server = psutil.Process(stack.pids[POSTGRES])
    with standing_still([server.pid, *(child.pid for child in server.children())]):
        yield

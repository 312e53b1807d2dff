"""Processor time and memory of processes and their descendants, from /proc."""

import time
from collections.abc import Iterable, Iterator
from contextlib import suppress

import psutil

_IDLE = 0.03
"""Share of a core that counts as idle."""
_WATCHED = 0.15
_PATIENCE = 20.0


def family(pids: Iterable[int]) -> Iterator[psutil.Process]:
    """Yield the processes and all their descendants that live."""
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            yield process
            yield from process.children(recursive=True)


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the user and system time of families so far, that of their dead children included."""
    total = 0.0
    for process in family(pids):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def pss_mib(pids: Iterable[int]) -> float:
    """Return the proportional set size of process trees: shared pages are divided among their users."""
    total = 0
    for process in family(pids):
        with suppress(psutil.NoSuchProcess):
            total += process.memory_full_info().pss
    return total / 2**20


def settle(pids: Iterable[int]) -> None:
    """Wait until process trees are idle, so that queued work of one load does not count for the next."""
    pids = list(pids)
    deadline = time.monotonic() + _PATIENCE
    before = cpu_seconds(pids)
    while time.monotonic() < deadline:
        time.sleep(_WATCHED)
        now = cpu_seconds(pids)
        if now - before <= _IDLE * _WATCHED + 0.011:
            return
        before = now

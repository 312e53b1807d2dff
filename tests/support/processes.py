"""Memory, CPU and open files of processes, from the kernel."""

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

MIB = 1024 * 1024


def spooled(master: psutil.Process) -> int:
    """Return the bytes in deleted files that a program's workers hold open."""
    total = 0
    for process in master.children():
        for link in Path(f"/proc/{process.pid}/fd").iterdir():
            with suppress(OSError):
                total += link.stat().st_size if str(link.readlink()).endswith(" (deleted)") else 0
    return total


def memory(program: psutil.Process) -> int:
    """Return the bytes of a program and its descendants, shared pages counted once."""
    total = 0
    for process in [program, *program.children(recursive=True)]:
        try:
            total += process.memory_full_info().pss
        except psutil.Error:
            continue
    return total


@contextmanager
def watched(
    measure: Callable[[psutil.Process], int], pid: int | None, *, every: float = 0.02
) -> Iterator[list[int]]:
    """``measure`` a program every ``every`` seconds during the ``with`` block; yield the values, 0 first."""
    seen, over = [0], threading.Event()
    program = psutil.Process(pid)

    def watch() -> None:
        while not over.wait(every):
            seen.append(measure(program))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the CPU time of processes, including that of their ended children."""
    ticks = 0
    for pid in pids:
        with suppress(OSError):
            facts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, facts[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")

"""What processes hold, as the kernel tells it."""

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

MIB = 1024 * 1024


def spooled(master: psutil.Process) -> int:
    """Return the bytes in files that a program's workers have open and nobody else can find."""
    total = 0
    for process in master.children():
        for link in Path(f"/proc/{process.pid}/fd").iterdir():
            with suppress(OSError):
                total += link.stat().st_size if str(link.readlink()).endswith(" (deleted)") else 0
    return total


def memory(program: psutil.Process) -> int:
    """Return the bytes that a program and all below it take, shared ones counted once."""
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
    """``measure`` a program during the ``with`` block, ``every`` so many seconds; gives what was seen, 0 first."""
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
    """Return the CPU that processes took, with that of their children that have ended."""
    ticks = 0
    for pid in pids:
        with suppress(OSError):
            facts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, facts[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")

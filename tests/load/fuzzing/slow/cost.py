"""CPU time and memory of whole programs, as Linux accounts for them: masters, workers, and children that have ended."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import chain
from pathlib import Path

_TICK = 1 / os.sysconf("SC_CLK_TCK")
_POLL = 0.01
_QUIET = 0.1
"""Share of one core below which programs count as idle."""
_RESET_PEAK = "5"


class Meter:
    """The programs with these ``pids`` as their first processes."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = dict(pids)
        self._trees: dict[str, list[int]] = {}
        """All processes at the time when the programs were last idle."""

    def settled(self, patience: float = 0.0) -> dict[str, float]:
        """Return program -> seconds of CPU taken so far, once all are idle or ``patience`` seconds have passed."""
        deadline = time.monotonic() + patience
        self._trees = {name: list(_tree(pid)) for name, pid in self._pids.items()}
        before = self._cpu()
        while True:
            time.sleep(_POLL)
            after = self._cpu()
            busy = sum(after.values()) - sum(before.values())
            if busy < _QUIET * _POLL or time.monotonic() > deadline:
                return after
            before = after

    def _cpu(self) -> dict[str, float]:
        return {name: sum(map(_seconds, pids)) for name, pids in self._trees.items()}

    def forget_peaks(self) -> dict[int, int]:
        """Reset the memory peaks; return process -> bytes that it holds now."""
        held = {}
        for pid in chain.from_iterable(self._trees.values()):
            with suppress(OSError):
                Path(f"/proc/{pid}/clear_refs").write_text(_RESET_PEAK, encoding="ascii")
                held[pid] = _status(pid, "VmRSS")
        return held

    def growth(self, held: Mapping[int, int]) -> dict[str, int]:
        """Return program -> bytes by which its processes exceeded what they ``held``, at their peaks."""
        return {
            name: sum(max(0, _status(pid, "VmHWM") - held.get(pid, 0)) for pid in pids)
            for name, pids in self._trees.items()
        }


def _tree(pid: int) -> Iterator[int]:
    """Yield a process and all below it."""
    yield pid
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in _content(thread / "children").split():
                yield from _tree(int(child))


def _content(path: Path) -> str:
    with path.open(encoding="utf-8") as file:
        return file.read()


def _seconds(pid: int) -> float:
    """Return the CPU time of a process, and of those of its children that it has waited for, to the nearest tick."""
    with suppress(OSError):
        # The kernel's clock of another process: see clock_getcpuclockid(3).
        own = time.clock_gettime(~pid << 3 | 2)
        fields = _content(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
        return own + (int(fields[13]) + int(fields[14])) * _TICK
    return 0.0


def _status(pid: int, name: str) -> int:
    """Return a figure of ``/proc/.../status`` in bytes, 0 for a process that has ended."""
    with suppress(OSError):
        for line in _content(Path(f"/proc/{pid}/status")).splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
    return 0

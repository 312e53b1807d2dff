"""The points at which a change can be interrupted: the system calls of a file node, recorded from one run."""

import re
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.load.faults.calls import KILL

_LINE = re.compile(r"(\d+) +(\w+)\((?:\d+<([^>]*)>)?")
"""A line of strace: thread, call, and the file of the descriptor if the call begins with one."""
_FALLIBLE = (
    "mkdir",
    "openat",
    "write",
    "fsync",
    "rename",
    "close",
    "sendto",
    "recvfrom",
    "connect",
    "newfstatat",
)
"""The calls that are made to fail: those on the disk and on the connections to owner and client."""
ERRORS = ("error=ENOSPC", "error=EIO")


@dataclass(frozen=True)
class Point:
    """A fault at the ``when``-th ``call`` of a thread."""

    call: str
    when: int
    what: str

    def __str__(self) -> str:
        return f"{self.what} at {self.call} {self.when}"


Watched = list[tuple[str, str, str]]
"""Thread, call, descriptor, in the order in which they were made."""


@contextmanager
def watched(process: int | None) -> Iterator[Watched]:
    """Trace a process during the ``with`` block; the list is filled at its end."""
    seen: Watched = []
    with tempfile.TemporaryDirectory(prefix="calls-") as folder:
        log = Path(folder) / "log"
        strace = subprocess.Popen(
            ["strace", "-f", "-y", "-p", str(process), "-o", str(log)], stderr=subprocess.PIPE, text=True
        )
        with strace:
            assert strace.stderr is not None
            while "attached" not in strace.stderr.readline():
                assert strace.poll() is None
            yield seen
            time.sleep(0.5)  # for its work after the answer
            strace.kill()
        seen += _LINE.findall(log.read_text(encoding="utf-8", errors="replace"))


def points(seen: Watched) -> list[Point]:
    """Return every point at which to kill, and every one at which to fail."""
    numbers: Counter[tuple[str, str]] = Counter()
    kills, fails = set(), set()
    for thread, call, place in seen:
        numbers[thread, call] += 1
        when = numbers[thread, call]
        kills.add(Point(call, when, KILL))
        # Pipes to the decoders do not fail as disks do.
        if call in _FALLIBLE and (call != "write" or place.startswith("/")):
            fails |= {Point(call, when, error) for error in ERRORS}
    return sorted(kills | fails, key=str)

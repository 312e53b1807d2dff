"""Faults at the level of system calls, as strace injects them: an error, or the end of the process."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

KILL = "signal=KILL"


def _unusable() -> str:
    """Return why system calls cannot be traced here; empty if they can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    tried = subprocess.run(
        ["strace", "-f", "-e", "inject=fsync:error=EIO", "true"], capture_output=True, text=True, check=False
    )
    return "" if tried.returncode == 0 else f"strace cannot trace here: {tried.stderr.strip()}"


UNUSABLE = _unusable()
needs_strace = pytest.mark.skipif(bool(UNUSABLE), reason=f"system calls cannot be made to fail: {UNUSABLE}")


def traced(command: Sequence[str], *options: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end under strace."""
    return subprocess.run(
        ["strace", "-f", "-qq", "-o", "/dev/null", *options, "--", *command],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def inject(call: str, what: str, *, when: int) -> list[str]:
    """Return the options that make the ``when``-th ``call`` of each thread fail or kill (``error=EIO``, ``KILL``)."""
    return ["-e", f"trace={call}", "-e", f"inject={call}:{what}:when={when}"]


@contextmanager
def faulty(process: int | None, call: str, what: str, *, when: int) -> Iterator[None]:
    """Inject into a running process, and the threads and children it makes, during the ``with`` block."""
    with _attached([process], Path(os.devnull), inject(call, what, when=when)) as strace:
        try:
            yield
        finally:
            # SIGKILL: strace waits for ever for the threads of a process that it has killed.
            strace.kill()


@contextmanager
def recorded(processes: Sequence[int], calls: str, record: Path) -> Iterator[None]:
    """Write the ``calls`` that running processes make during the ``with`` block to the file ``record``."""
    with _attached(processes, record, ["-y", "-s", "4096", "-e", f"trace={calls}"]) as strace:
        try:
            yield
        finally:
            strace.terminate()


@contextmanager
def _attached(
    processes: Sequence[int | None], output: Path, options: Sequence[str]
) -> Iterator["subprocess.Popen[bytes]"]:
    """Trace running processes with their new threads and children, until the yielded tracer ends."""
    pids = [word for process in processes for word in ("-p", str(process))]
    with tempfile.NamedTemporaryFile("r") as said:
        strace = subprocess.Popen(
            ["strace", "-f", *pids, "-o", str(output), *options], stderr=os.open(said.name, os.O_WRONLY)
        )
        try:
            while Path(said.name).read_text(encoding="utf-8").count("attached") < len(processes):
                assert strace.poll() is None, Path(said.name).read_text(encoding="utf-8")
            yield strace
        finally:
            strace.wait()


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """Yield a folder that holds at most ``size`` (``256k``); skip the test if none can be mounted."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip(f"a small tmpfs cannot be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)

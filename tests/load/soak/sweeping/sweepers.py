"""Sweepers in their own processes, which sweep and pause on command."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from deploy.installation.configuration import ROOT
from deploy.running.programs import command
from deploy.stack.stack import Stack


class Sweeper:
    """A sweeper in its own process."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def begin(self, pause: str = "") -> Self:
        """Start one sweep; with ``pause``, it stops ``before`` or ``after`` it deletes."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{pause or 'go'}\n")
        self._process.stdin.flush()
        return self

    def stands_still(self) -> bool:
        """Wait until it stops; return False if it finished because there was nothing to delete."""
        if self._said() == "done":
            return False
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WNOWAIT)
        return True

    def go_on(self) -> None:
        """Resume it."""
        self._process.send_signal(signal.SIGCONT)

    def end(self) -> None:
        """Wait until the sweep has ended."""
        assert self._said() == "done"

    def _said(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@contextmanager
def sweeper(stack: Stack) -> Iterator[Sweeper]:
    """Run a sweeper with the settings of a file node during the ``with`` block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.load.soak.sweeping.process"],
        env=dict(command("file-1", stack.settings("file-1")).environment),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield Sweeper(process)
        finally:
            process.kill()

"""``make up`` at a terminal: its own process group, output read line by line."""

import json
import os
import signal
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from queue import Empty, Queue
from typing import Any, Self

import psutil

from deploy.installation.configuration import ROOT

_SECONDS = 90
END_OF_START = "Ctrl-C stops everything."


def environment(state: Path, **settings: str) -> dict[str, str]:
    """Return the environment of a terminal with the settings of one stack only."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return kept | {"STATE_DIR": str(state), "GATEWAY_PORT": "0"} | settings


def refused(state: Path, *target: str, **settings: str) -> str:
    """Run make with a target (``up``) that must fail; return what it printed on standard error."""
    made = subprocess.run(
        ["make", *(target or ("up",))],
        cwd=ROOT,
        env=environment(state, **settings),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert made.returncode != 0, made.stdout
    return "".join(line for line in made.stderr.splitlines(keepends=True) if not line.startswith("make: ***"))


class Terminal:
    """One running ``make``."""

    def __init__(self, state: Path, *target: str, **settings: str) -> None:
        self.state = state
        self.output: list[str] = []
        self._lines: Queue[str | None] = Queue()
        self._make = subprocess.Popen(
            ["make", *(target or ("up",))],
            cwd=ROOT,
            env=environment(state, **settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes():
            process.kill()
        self._make.kill()
        self._make.wait()

    def _read(self) -> None:
        assert self._make.stdout is not None
        for line in self._make.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def until(self, text: str) -> list[str]:
        """Return the output so far, as soon as a line of it contains ``text``."""
        while not any(text in line for line in self.output):
            try:
                line = self._lines.get(timeout=_SECONDS)
            except Empty:
                line = None
            if line is None:
                raise AssertionError(f"no line with {text!r} in:\n" + "\n".join(self.output))
            self.output.append(line)
        return self.output

    def note(self) -> Mapping[str, Any]:
        """Return the run state file of the stack."""
        facts: dict[str, Any] = json.loads((self.state / "run" / "stack.json").read_text(encoding="utf-8"))
        return facts

    def processes(self) -> list[psutil.Process]:
        """Return the running processes that this terminal has started."""
        if self._make.poll() is not None:
            return []
        return psutil.Process(self._make.pid).children(recursive=True)

    def press_ctrl_c(self) -> int:
        """Send what Ctrl-C sends to everything at the terminal; return make's status when it has ended."""
        os.killpg(self._make.pid, signal.SIGINT)
        return self._make.wait(_SECONDS)

    def wait(self) -> int:
        """Return make's status when it has ended."""
        return self._make.wait(_SECONDS)


def gone(processes: list[psutil.Process]) -> bool:
    """Return whether all of the processes end within 15 seconds."""
    return not psutil.wait_procs(processes, timeout=15)[1]

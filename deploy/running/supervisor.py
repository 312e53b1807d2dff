"""Keeps one program running: starts it, passes its log on, starts it again when it dies, stops it gently."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from deploy.installation.configuration import ROOT

_LAUNCH = Path(__file__).with_name("launch.py")
_MIN_PAUSE = 0.25
_MAX_PAUSE = 5.0
_SETTLED = 30.0
"""Seconds after which a death is no longer taken for the last one's echo, and answered without a pause."""
_LEFTOVERS = 5.0
"""Seconds that the children of a dead program have to finish what they do."""
_SUCCESSION = 30.0
"""Seconds that they go on answering at most, until their program is back."""
_POLL_SECONDS = 0.05
"""Seconds between two looks at what is left of a dead program."""
_LOADED_LINE = "takes requests"
"""What a program that answers requests writes when it begins to."""


@dataclass(frozen=True, slots=True)
class Command:
    """How to run a program."""

    words: Sequence[str]
    environment: Mapping[str, str]
    stop_signal: int = signal.SIGTERM
    """Asks it to finish what it does and end."""
    parting_signal: int = signal.SIGQUIT
    """What it gets from the kernel when the runner is gone."""
    listener: int | None = None
    """The file descriptor of its listening socket, which outlives it: callers wait while it is started again."""
    metrics: int | None = None
    """The same of the socket on which it shows what it counts."""
    user: str | None = None


def launching(command: Command, parent: int) -> list[str]:
    """Return the words that launch a program so that it ends when its ``parent`` does."""
    way = {
        "parent": parent,
        "parting_signal": int(command.parting_signal),
        "listener": command.listener,
        "metrics": command.metrics,
        "user": command.user,
    }
    return [sys.executable, "-I", "-S", str(_LAUNCH), json.dumps(way), *command.words]


class Supervisor:
    """One program and the thread that keeps it running.

    The thread that started a process also waits for it: on Linux a process that asked to die with its parent dies
    with the thread that made it.
    """

    def __init__(
        self, name: str, command: Command, log: Callable[[str, str], None], restarted: Callable[[], None]
    ) -> None:
        """Prepare; ``log`` gets the program's name and each line it writes, ``restarted`` is called when it was."""
        self.name = name
        self.ended = threading.Event()
        """Set when the program has ended and is not being started again."""
        self.loaded = threading.Event()
        """Set when the program has said that it takes requests."""
        self.restarts = 0
        self._command = command
        self._log = log
        self._restarted = restarted
        self._process: subprocess.Popen[str] | None = None
        self._guard = threading.Lock()
        self._stopping = threading.Event()
        self._persistent = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=f"keeper of {name}", daemon=True)
        self._clearings: list[threading.Thread] = []

    @property
    def pid(self) -> int | None:
        """The process's id, None while there is none."""
        process = self._process
        return process.pid if process and process.returncode is None else None

    def start(self) -> None:
        """Begin; until ``persist`` a death is final, as it says that something is wrong with the start."""
        self._thread.start()

    def persist(self) -> None:
        """From now on, start the program again whenever it ends."""
        self._persistent.set()

    def stop(self, grace: float) -> None:
        """End the program: gently, after ``grace`` seconds by force. Returns when nothing of it is left."""
        self.ask_to_stop()
        self._thread.join(grace)
        if self._thread.is_alive():
            self.kill()
            self._thread.join()

    def ask_to_stop(self) -> None:
        """Send the signal that ends the program gently, and return."""
        with self._guard:
            self._stopping.set()
            if self._process and self._process.poll() is None:
                self._process.send_signal(self._command.stop_signal)

    def kill(self) -> None:
        """End the program and its children by force."""
        self._stopping.set()
        if self._process:
            _signal_group(self._process.pid, signal.SIGKILL)

    def _keep(self) -> None:
        pause = 0.0
        while not self._stopping.is_set():
            began = time.monotonic()
            self._run()
            if self._stopping.is_set() or not self._persistent.is_set():
                break
            settled = time.monotonic() - began > _SETTLED
            pause = 0.0 if settled else min(max(pause * 2, _MIN_PAUSE), _MAX_PAUSE)
            self._log("runner", f"{self.name} ended, starting it again in {pause:g} s")
            self._stopping.wait(pause)
            self.restarts += 1
        for clearing in self._clearings:
            clearing.join()
        self.ended.set()

    def _run(self) -> None:
        """Run the program once, until it ends."""
        try:
            process = self._spawn()
        except OSError as error:
            self._log(self.name, f"cannot be started: {error}")
            return
        if process is None:
            return
        reader = threading.Thread(target=self._pass_on, args=(process,), daemon=True)
        reader.start()
        if self.restarts:
            self._restarted()
        status = process.wait()
        self.loaded.clear()
        self._clear(process.pid)
        if status and not self._stopping.is_set():
            self._log("runner", f"{self.name} ended with {_manner(status)}")
        if not self._persistent.is_set():
            reader.join(_LEFTOVERS)  # What it said last is why it ended.

    def _clear(self, group: int) -> None:
        """End what a dead program left; its successor only waits for that where they cannot share a place."""
        clearing = threading.Thread(target=self._end_children, args=(group,), daemon=True)
        clearing.start()
        if self._command.listener is None:
            clearing.join()
        self._clearings = [earlier for earlier in (*self._clearings, clearing) if earlier.is_alive()]

    def _end_children(self, group: int) -> None:
        """End a dead program's children; those that can answer do so until their successors can."""
        deadline = time.monotonic() + _SUCCESSION
        shares = self._command.listener is not None and self._persistent.is_set()
        while shares and time.monotonic() < deadline and not self._stopping.is_set():
            if self.loaded.wait(_POLL_SECONDS):
                break
        _clear_group(group)

    def _spawn(self) -> "subprocess.Popen[str] | None":
        with self._guard:
            if self._stopping.is_set():
                return None
            command = self._command
            # A session of its own: Ctrl-C in a terminal reaches the runner alone, which knows the right order.
            self._process = subprocess.Popen(
                launching(command, parent=os.getpid()),
                cwd=ROOT,
                env=dict(command.environment) | {"LOADED_LINE": _LOADED_LINE, "RUNNER": str(os.getpid())},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
                pass_fds=[socket for socket in (command.listener, command.metrics) if socket is not None],
            )
            return self._process

    def _pass_on(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        for line in process.stdout:
            if line == _LOADED_LINE + "\n":
                self.loaded.set()
            else:
                self._log(self.name, line.rstrip("\n"))


def _manner(status: int) -> str:
    return f"status {status}" if status >= 0 else f"killed by {signal.Signals(-status).name}"


def _signal_group(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _clear_group(group: int) -> None:
    """End what a dead program left of its process group: its children finish what they do, and not more."""
    _signal_group(group, signal.SIGTERM)
    deadline = time.monotonic() + _LEFTOVERS
    while _lives(group):
        if time.monotonic() > deadline:
            _signal_group(group, signal.SIGKILL)
        time.sleep(_POLL_SECONDS)


def _lives(group: int) -> bool:
    """Whether a process of the group runs; one that only waits to be reaped by whoever adopted it does not."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                return True
    return False

"""Process supervisor: starts a program, forwards its log, restarts it when it dies, stops it gracefully."""

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
"""Seconds of running after which a program is restarted without a pause, as its first failure."""
_LEFTOVERS = 5.0
"""Seconds in which the children of a dead program may finish their requests before they are killed."""
_SUCCESSION = 30.0
"""Maximum seconds for which the children of a dead program keep serving until its successor takes requests."""
_POLL_SECONDS = 0.05
"""Seconds between checks for processes left by a dead program."""
_LOADED_LINE = "takes requests"
"""Log line that a program writes when it begins to take requests."""


@dataclass(frozen=True, slots=True)
class Command:
    """Command line, environment, signals and sockets of a program."""

    words: Sequence[str]
    environment: Mapping[str, str]
    stop_signal: int = signal.SIGTERM
    """Signal for a graceful shutdown."""
    parting_signal: int = signal.SIGQUIT
    """Signal that the kernel sends when the runner has died."""
    listener: int | None = None
    """File descriptor of its listening socket. The socket stays open across restarts, so callers wait."""
    metrics: int | None = None
    """File descriptor of the listening socket of its metrics."""
    user: str | None = None


def launching(command: Command, parent: int) -> list[str]:
    """Return the command line that starts a program so that it ends with the process ``parent``."""
    way = {
        "parent": parent,
        "parting_signal": int(command.parting_signal),
        "listener": command.listener,
        "metrics": command.metrics,
        "user": command.user,
    }
    return [sys.executable, "-I", "-S", str(_LAUNCH), json.dumps(way), *command.words]


class Supervisor:
    """One program and the thread that supervises it.

    The thread that starts a process also waits for it: on Linux the parent-death signal is sent when the thread that
    created the process ends.
    """

    def __init__(
        self, name: str, command: Command, log: Callable[[str, str], None], restarted: Callable[[], None]
    ) -> None:
        """Prepare without starting.

        ``log`` is called with the program's name and each line of its output, ``restarted`` after each restart.
        """
        self.name = name
        self.ended = threading.Event()
        """Set when the program has ended for good."""
        self.loaded = threading.Event()
        """Set when the program takes requests."""
        self.restarts = 0
        self._command = command
        self._log = log
        self._restarted = restarted
        self._process: subprocess.Popen[str] | None = None
        self._guard = threading.Lock()
        self._stopping = threading.Event()
        self._persistent = threading.Event()
        self._thread = threading.Thread(target=self._supervise, name=f"supervisor of {name}", daemon=True)
        self._clearings: list[threading.Thread] = []

    @property
    def pid(self) -> int | None:
        """Process id, None while the program is not running."""
        process = self._process
        return process.pid if process and process.returncode is None else None

    def start(self) -> None:
        """Start the program. Until ``persist`` is called it is not restarted, as its end means a failed start."""
        self._thread.start()

    def persist(self) -> None:
        """Restart the program whenever it ends, from now on."""
        self._persistent.set()

    def stop(self, grace: float) -> None:
        """Stop the program gracefully, kill it after ``grace`` seconds; returns when all its processes have ended."""
        self.ask_to_stop()
        self._thread.join(grace)
        if self._thread.is_alive():
            self.kill()
            self._thread.join()

    def ask_to_stop(self) -> None:
        """Send the signal for a graceful shutdown and return at once."""
        with self._guard:
            self._stopping.set()
            if self._process and self._process.poll() is None:
                self._process.send_signal(self._command.stop_signal)

    def kill(self) -> None:
        """Kill the program and its children."""
        self._stopping.set()
        if self._process:
            _signal_group(self._process.pid, signal.SIGKILL)

    def _supervise(self) -> None:
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
        """Run the program once and return when it has ended."""
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
            reader.join(_LEFTOVERS)  # Its last output has the reason of a failed start.

    def _clear(self, group: int) -> None:
        """End the children of a dead program; wait for that only if its successor cannot share their socket."""
        clearing = threading.Thread(target=self._end_children, args=(group,), daemon=True)
        clearing.start()
        if self._command.listener is None:
            clearing.join()
        self._clearings = [earlier for earlier in (*self._clearings, clearing) if earlier.is_alive()]

    def _end_children(self, group: int) -> None:
        """End a dead program's children. Those with a shared socket first serve until the successor takes requests."""
        deadline = time.monotonic() + _SUCCESSION
        shares_socket = self._command.listener is not None and self._persistent.is_set()
        while shares_socket and time.monotonic() < deadline and not self._stopping.is_set():
            if self.loaded.wait(_POLL_SECONDS):
                break
        _clear_group(group)

    def _spawn(self) -> "subprocess.Popen[str] | None":
        with self._guard:
            if self._stopping.is_set():
                return None
            command = self._command
            # In a session of its own, so that Ctrl-C reaches only the runner, which stops programs in order.
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
    """Terminate the rest of a dead program's process group, and kill it after ``_LEFTOVERS`` seconds."""
    _signal_group(group, signal.SIGTERM)
    deadline = time.monotonic() + _LEFTOVERS
    while _is_running(group):
        if time.monotonic() > deadline:
            _signal_group(group, signal.SIGKILL)
        time.sleep(_POLL_SECONDS)


def _is_running(group: int) -> bool:
    """Return whether a process of the group runs; zombies do not count."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                return True
    return False

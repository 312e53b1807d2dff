"""The state folder of an installation: its lock, and the file that describes the running programs."""

import contextlib
import errno
import fcntl
import json
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from deploy.installation.configuration import make_folder
from deploy.installation.keys import write_private
from deploy.user_error import UserError

_GRACE_SECONDS = 5.0
"""Seconds until programs of a killed runner are killed, too."""


@contextlib.contextmanager
def held(state: Path) -> Iterator[None]:
    """Lock the folder for this runner. Raises ``UserError`` if it cannot be written or is locked."""
    make_folder(state, "STATE_DIR")
    run = make_folder(state / "run", "STATE_DIR", 0o700)
    with (run / "lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            raise UserError(
                f"Bunko runs from {state} already (process {lock.read().strip()})",
                "stop it, or set STATE_DIR and GATEWAY_PORT to others for a second stack.",
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        try:
            yield
        finally:
            path(state).unlink(missing_ok=True)


def path(state: Path) -> Path:
    """Return the path of the file with a running installation's addresses and processes."""
    return state / "run" / "stack.json"


def write(state: Path, facts: dict[str, Any]) -> None:
    """Write the file that describes the running installation."""
    write_private(path(state), json.dumps(facts, indent=2) + "\n")


def read(state: Path) -> dict[str, Any] | None:
    """Return the description of the installation that runs from ``state``, or None if none runs."""
    try:
        facts: dict[str, Any] = json.loads(path(state).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return facts if psutil.pid_exists(facts["runner"]) else None


def birth(pid: int | None) -> float | None:
    """Return the start time of a process: with it, a pid identifies one process even when pids are reused."""
    with contextlib.suppress(psutil.Error):
        return psutil.Process(pid).create_time() if pid else None
    return None


def kill_leftovers(state: Path) -> None:
    """Wait for the programs of a killed runner to stop, then kill those that remain."""
    try:
        programs = json.loads(path(state).read_text(encoding="utf-8"))["programs"].values()
    except (OSError, ValueError, KeyError):
        return
    left = []
    for program in programs:
        if program["began"] is not None and birth(program["pid"]) == program["began"]:
            left.append(psutil.Process(program["pid"]))
            left += _children(left[-1])
    _, alive = psutil.wait_procs(left, _GRACE_SECONDS)
    for process in alive:
        with contextlib.suppress(psutil.Error):
            process.send_signal(signal.SIGKILL)
    psutil.wait_procs(alive, _GRACE_SECONDS)


def _children(process: psutil.Process) -> list[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        return process.children(recursive=True)
    return []


def listen(port: int, setting: str) -> socket.socket:
    """Return a socket that listens on loopback at ``port`` (0 picks a free one). Raises ``UserError``."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise UserError(
                f"Port {port} is in use",
                f"stop what runs there, or set {setting} to another port (0 picks a free one).",
            ) from None
        raise UserError(
            f"Cannot listen on port {port} ({error.strerror})", f"set {setting} to another port."
        ) from None
    return listener

"""Runs the installation's own PostgreSQL server, which listens on a Unix socket only."""

import contextlib
import os
import signal
import time
from pathlib import Path

import psutil

from deploy.postgresql.cluster import Cluster, binaries
from deploy.running.supervisor import Command, Supervisor

STOP_SECONDS = 20.0
"""Grace period of a shutdown, in which the server writes its memory to disk."""

_START_SECONDS = 60.0
_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "100",
    "timezone": "UTC",
    "jit": "off",
    "log_checkpoints": "off",
    "log_line_prefix": "",
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
}
"""The server does not log failed statements. The programs do: they know the request and what to keep out of logs."""


def command(cluster: Cluster) -> Command:
    """Return the command that runs the server."""
    settings = _SETTINGS | {"unix_socket_directories": f'"{cluster.sockets}"'}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return Command(
        [str(binaries() / "postgres"), "-D", str(cluster.data), *options],
        {"PATH": os.defpath, "LANG": "C.UTF-8", "TZ": "UTC"},
        stop_signal=signal.SIGINT,
        parting_signal=signal.SIGINT,
        user=cluster.user,
    )


def kill_leftovers(cluster: Cluster) -> None:
    """Stop a server that is still running on this data because its runner was killed, and wait for its end."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            words = process.cmdline()
            if Path(words[0] if words else "").name == "postgres" and str(cluster.data) in words:
                process.send_signal(signal.SIGINT)
                process.wait(STOP_SECONDS)


def becomes_ready(cluster: Cluster, supervisor: Supervisor) -> bool:
    """Wait until the server of ``supervisor`` accepts connections; False if it ends or takes more than 60 seconds."""
    deadline = time.monotonic() + _START_SECONDS
    while not supervisor.ended.is_set() and time.monotonic() < deadline:
        if _is_ready(cluster, supervisor.pid):
            return True
        time.sleep(0.02)
    return False


def _is_ready(cluster: Cluster, pid: int | None) -> bool:
    """Read the server's ``postmaster.pid``: line 1 is its process id, line 8 its state."""
    try:
        lines = (cluster.data / "postmaster.pid").read_text(encoding="utf-8").split("\n")
    except OSError:
        return False
    return lines[0] == str(pid) and len(lines) > 7 and lines[7].strip() == "ready"

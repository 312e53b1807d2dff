"""The stack's own PostgreSQL as a running server, reached by a socket only."""

import contextlib
import os
import signal
import time
from pathlib import Path

import psutil

from deploy.postgresql.cluster import Cluster, binaries
from deploy.running.supervisor import Command, Supervisor

STOP_SECONDS = 20.0
"""How long it may take to write out what it holds in memory."""

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
"""Errors of statements are the programs' to report: they know the request, and what must not be in a log."""


def command(cluster: Cluster) -> Command:
    """Return how to run the server."""
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
    """End a server that an earlier runner, killed by force, left on this data; it may still be stopping."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            words = process.cmdline()
            if Path(words[0] if words else "").name == "postgres" and str(cluster.data) in words:
                process.send_signal(signal.SIGINT)
                process.wait(STOP_SECONDS)


def becomes_ready(cluster: Cluster, supervisor: Supervisor) -> bool:
    """Return True as soon as the server that ``keeper`` runs takes connections, False if it will not."""
    deadline = time.monotonic() + _START_SECONDS
    while not supervisor.ended.is_set() and time.monotonic() < deadline:
        if _is_ready(cluster, supervisor.pid):
            return True
        time.sleep(0.02)
    return False


def _is_ready(cluster: Cluster, pid: int | None) -> bool:
    """The server's own note of its state: line 1 its process, line 8 how far it is."""
    try:
        lines = (cluster.data / "postmaster.pid").read_text(encoding="utf-8").split("\n")
    except OSError:
        return False
    return lines[0] == str(pid) and len(lines) > 7 and lines[7].strip() == "ready"

"""Starting a peer: its own process, a log, a port, and waiting until it answers."""

import os
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import requests

from tests.load.bench import places

_SECONDS = 120
_PARTING_SECONDS = 5
_PASSED_ON = ("HOME", "LANG", "PATH", "TMPDIR")


class Absent(Exception):
    """The peer is missing on this machine; the message names what to install."""


def free_port() -> int:
    """Return a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def environment(**own: str) -> dict[str, str]:
    """Return the environment of a peer: a few variables of this process, and its ``own`` settings."""
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | own


def started(
    name: str,
    command: Sequence[str],
    settings: Mapping[str, str],
    held: ExitStack,
    *,
    cwd: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a peer; ``held`` stops it. What it prints goes to a file named after it."""
    log = held.enter_context((places.kept() / f"{name}.log").open("wb"))
    process = subprocess.Popen(command, env=settings, cwd=cwd, stdout=log, stderr=log)
    held.callback(_stop, process)
    return process


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_PARTING_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_for(url: str, process: subprocess.Popen[bytes], **options: Mapping[str, str]) -> None:
    """Wait until ``url`` answers without a server error."""
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(url, timeout=10, headers=options.get("headers")).status_code < 500:
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise RuntimeError(f"{url} does not answer: see the logs in {places.kept()}")

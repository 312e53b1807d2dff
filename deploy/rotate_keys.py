"""Lets new keys sign, with nobody logged out and no request lost: ``make rotate-keys``.

In two steps, as no token may be signed with a key that somebody does not believe yet: everybody learns the new keys,
and only then everybody signs with them. The old ones are believed until the next time, so that cookies live on: a
month is as long as one lasts. Done twice in a row nothing that was signed before is good any more.
"""

import contextlib
import http.client
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

from deploy import configuration as configured
from deploy import keys, programs, state
from deploy.database import NAME as DATABASE
from deploy.problem import Problem

_SECONDS = 90.0
"""How long programs may take to finish what they do and to answer with the new keys."""


def main() -> None:
    """Rotate the keys of the stack, with it running or not."""
    folder = configured.read(configured.from_file() | os.environ).state
    running = state.noted(folder)
    if running:
        rotate(folder, running["programs"])
    else:
        with state.held(folder):
            keys.offer(folder / "secrets")
            keys.promote(folder / "secrets")
    print("New keys sign from now on. The old ones are believed until the keys are rotated again.")


def rotate(folder: Path, noted: Mapping[str, Mapping[str, Any]]) -> None:
    """Rotate the keys of running programs, as the stack in ``folder`` has ``noted`` them."""
    running = {name: program for name, program in noted.items() if name != DATABASE}
    down = [name for name, program in running.items() if program["pid"] is None]
    if down:
        raise Problem(f"Wait until all programs run before you rotate keys; not running: {', '.join(down)}.")
    for step in (keys.offer, keys.promote):
        programs.write_keys(folder, running, step(folder / "secrets"))
        _reload(running)


def _reload(running: Mapping[str, Mapping[str, Any]]) -> None:
    """Have all programs start new workers, and return when no old one is left."""
    masters = [psutil.Process(program["pid"]) for program in running.values()]
    old = [worker for master in masters for worker in master.children()]
    for master in masters:
        master.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + _SECONDS
    while any(map(_lives, old)) or not all(_is_ready(program["address"]) for program in running.values()):
        if time.monotonic() > deadline:
            raise Problem(
                "A program does not come back with the new keys: see its log, then rotate them again."
            )
        time.sleep(0.05)


def _lives(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def _is_ready(address: str) -> bool:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=5)
    try:
        connection.request("GET", "/health/ready", headers={"Connection": "close"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()

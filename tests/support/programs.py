"""A program beside those of a stack, as in a larger installation."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import requests

from deploy.running.programs import command
from deploy.stack.stack import Stack

_SECONDS = 90


@contextmanager
def program(stack: Stack, name: str, *around: str, **settings: str) -> Iterator[str]:
    """Run a program during the ``with`` block, with the stack's settings and ``own``; yield its URL.

    ``around`` is a command that runs the program, such as ``unshare --mount``.
    """
    with mortal(stack, name, *around, **settings) as one:
        yield one.address


@dataclass(frozen=True)
class Mortal:
    """A program that a test may kill."""

    address: str
    process: "subprocess.Popen[bytes]"

    def kill(self) -> None:
        """Kill it and its workers."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def mortal(stack: Stack, name: str, *around: str, **settings: str) -> Iterator[Mortal]:
    """Run a program as ``program`` does, one that may be killed."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        place = f"127.0.0.1:{listener.getsockname()[1]}"
    how = command(name, stack.settings(name) | {"BIND": place} | settings)
    process = subprocess.Popen(
        [*around, *how.words], env=dict(how.environment), stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        _wait_until_ready(process, address := f"http://{place}")
        yield Mortal(address, process)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def _wait_until_ready(process: "subprocess.Popen[bytes]", address: str) -> None:
    deadline = time.monotonic() + _SECONDS
    while True:
        assert process.poll() is None, "the program has ended"
        assert time.monotonic() < deadline, "the program is not ready in time"
        try:
            if requests.get(address + "/health/ready", headers={"Connection": "close"}, timeout=5).ok:
                return
        except requests.RequestException:
            time.sleep(0.02)

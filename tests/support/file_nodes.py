"""A file node beside those of the stack, for tests that trace, starve or kill it."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psutil
import requests

from deploy.running.programs import command
from deploy.stack.stack import Stack
from tests.support.internal_client import Program

_SECONDS = 90
SELDOM = "3600"
"""Seconds between two sweeps of a node that leaves sweeping to the stack's nodes."""


@dataclass(frozen=True)
class FileNode:
    """A running file node, called as the gateway calls it."""

    program: Program
    process: subprocess.Popen[bytes]

    @property
    def worker(self) -> int | None:
        """The worker process, parent of the fork server and its children; None while there is none."""
        words = psutil.Process(self.process.pid).cmdline()
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.NoSuchProcess):
                if child.cmdline() == words:
                    return child.pid
        return None

    def wait_until_ready(self) -> None:
        """Wait until the node is ready."""
        deadline = time.monotonic() + _SECONDS
        while not self._is_ready():
            assert self.process.poll() is None, "the file node has ended"
            assert time.monotonic() < deadline, "the file node is not ready in time"
            time.sleep(0.02)

    def _is_ready(self) -> bool:
        try:
            headers = {"Connection": "close"}
            return requests.get(self.program.url + "/health/ready", headers=headers, timeout=5).ok
        except requests.RequestException:
            return False


@contextmanager
def file_node(stack: Stack, **settings: str) -> Iterator[FileNode]:
    """Run a file node during the ``with`` block, with the settings of the stack's nodes and ``own``."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    chosen = stack.settings("file-1") | {"SWEEP_SECONDS": SELDOM, "BIND": f"127.0.0.1:{port}"} | settings
    how = command("file-1", chosen)
    process = subprocess.Popen(
        how.words, env=dict(how.environment), stdout=subprocess.DEVNULL, start_new_session=True
    )
    node = FileNode(Program("files", f"http://{chosen['BIND']}", json.loads(chosen["TOKEN_KEYS"])), process)
    try:
        node.wait_until_ready()
        yield node
    finally:
        with suppress(ProcessLookupError):  # a test may have killed it, and all of it be gone
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

"""After a kill of a master, its worker answers until its successor does."""

import os
import signal
import time

import psutil
import pytest
import requests

from deploy.stack.stack import Stack

SECONDS = 60.0


@pytest.mark.parametrize("name", ["catalog", "gateway"])
def test_a_killed_program_answers_before_its_successor_can(expendable: Stack, name: str) -> None:
    master = psutil.Process(expendable.pids[name])
    (worker,) = (child for child in master.children() if child.cmdline() == master.cmdline())
    os.kill(master.pid, signal.SIGKILL)
    successor = _successor(expendable, name, master.pid)
    os.kill(successor, signal.SIGSTOP)
    try:
        assert _is_ready(expendable, name)
    finally:
        os.kill(successor, signal.SIGCONT)
    worker.wait(SECONDS)
    assert _is_ready(expendable, name)


@pytest.mark.parametrize(
    ("name", "library"),
    [("catalog", "pydantic_core"), ("file-1", "pydantic_core"), ("gateway", "markupsafe")],
)
def test_a_master_has_loaded_what_takes_long(expendable: Stack, name: str, library: str) -> None:
    """The successor of a killed worker is a fork of the master, and has the socket at once."""
    master = psutil.Process(expendable.pids[name])
    assert any(library in mapped.path for mapped in master.memory_maps())


def _successor(stack: Stack, name: str, dead: int) -> int:
    """Return the process that replaces a dead one."""
    deadline = time.monotonic() + SECONDS
    while (pid := stack.pids[name]) in (None, dead):
        assert time.monotonic() < deadline, "nobody has started it again"
        time.sleep(0.001)
    assert pid is not None
    return pid


def _is_ready(stack: Stack, name: str) -> bool:
    address = f"{stack.service_url(name)}/health/ready"
    return requests.get(address, headers={"Connection": "close"}, timeout=SECONDS).ok

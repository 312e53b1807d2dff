"""``make up`` from the first start to the last signal, with real processes."""

import os
import re
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from shared.settings import read_file
from tests.support.client import Client
from tests.support.terminal import END_OF_START, Terminal, gone, refused
from tests.support.waiting import wait_until

pytestmark = pytest.mark.slow

_PATIENT = requests.Session()
"""Waits for a program that will listen."""
_PATIENT.mount(
    "http://", HTTPAdapter(max_retries=Retry(total=None, connect=300, backoff_factor=0.1, backoff_max=0.2))
)


@pytest.fixture(scope="module")
def state() -> Iterator[Path]:
    """A state folder that the tests of this module use one after the other.

    Not in pytest's folder, which PostgreSQL's user cannot read.
    """
    with tempfile.TemporaryDirectory(prefix="bunko-") as folder:
        yield Path(folder) / "var"


def _first(pattern: str, lines: list[str]) -> str:
    found = re.search(pattern, "\n".join(lines))
    assert found, lines
    return found.group(1)


@pytest.fixture(scope="module")
def first_start(state: Path) -> dict[str, str]:
    """The output of the first start, after Ctrl-C has ended it completely."""
    with Terminal(state) as terminal:
        lines = terminal.until(END_OF_START)
        address = _first(r"Address +(\S+)", lines)
        password = _first(r"Sign in +admin with the password (\S+)", lines)
        assert requests.get(_first(r"Documentation +(\S+)", lines), timeout=10).status_code == 200
        Client(address).sign_in("admin", password)
        processes = terminal.processes()
        assert {Path(process.exe()).name for process in processes} >= {"postgres"}
        assert terminal.press_ctrl_c() in (0, -signal.SIGINT, 2)
        assert gone(processes)
        with pytest.raises(requests.ConnectionError):
            requests.get(address, timeout=5)
    return {"address": address, "password": password}


def test_the_log_is_json_line_by_line_and_the_start_ends_with_the_address(
    state: Path, first_start: dict[str, str]
) -> None:
    with Terminal(state) as terminal:
        lines = terminal.until(END_OF_START)
        start = lines.index("Bunko is running.")
        assert all(line.startswith("{") for line in lines[:start] if line)
        terminal.press_ctrl_c()


def test_a_second_start_finds_everything_again(state: Path, first_start: dict[str, str]) -> None:
    with Terminal(state) as terminal:
        lines = terminal.until(END_OF_START)
        assert first_start["password"] not in "\n".join(lines)
        client = Client(_first(r"Address +(\S+)", lines)).sign_in("admin", first_start["password"])
        assert "Admin" in [role["name"] for role in client.get("/admin-roles")]
        terminal.press_ctrl_c()


def test_a_runner_killed_by_force_takes_everything_along_and_the_next_start_works(
    state: Path, first_start: dict[str, str]
) -> None:
    with Terminal(state, FILE_NODES="2") as terminal:
        terminal.until(END_OF_START)
        processes = terminal.processes()
        os.kill(terminal.note()["runner"], signal.SIGKILL)
        terminal.wait()
        with Terminal(state) as second:
            address = _first(r"Address +(\S+)", second.until(END_OF_START))
            Client(address).sign_in("admin", first_start["password"])
            second.press_ctrl_c()
        assert gone(processes)


def test_sigterm_stops_everything(state: Path, first_start: dict[str, str]) -> None:
    with Terminal(state) as terminal:
        terminal.until(END_OF_START)
        processes = terminal.processes()
        os.kill(terminal.note()["runner"], signal.SIGTERM)
        assert terminal.wait() == 0
        assert gone(processes)


def test_ctrl_c_during_the_start_leaves_nothing(state: Path, first_start: dict[str, str]) -> None:
    with Terminal(state) as terminal:
        wait_until((state / "postgres" / "data" / "postmaster.pid").exists)
        processes = terminal.processes()
        terminal.press_ctrl_c()
        assert gone(processes)
        assert not [process for process in psutil.process_iter() if str(state) in " ".join(_words(process))]


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_a_program_starts_alone_with_what_its_file_says(state: Path, first_start: dict[str, str]) -> None:
    with (
        Terminal(state, "start", "PROGRAM=postgres") as database,
        Terminal(state, "start", "PROGRAM=media") as media,
    ):
        database.until("ready to accept connections")
        bind = read_file(state / "run" / "media.env")["BIND"]
        assert _PATIENT.get(f"http://{bind}/health/ready", timeout=10).status_code == 200
        processes = media.processes() + database.processes()
        media.press_ctrl_c()
        database.press_ctrl_c()
        assert gone(processes)


def test_make_restart_replaces_every_program_but_the_database(
    state: Path, first_start: dict[str, str]
) -> None:
    assert "Nothing runs from" in refused(state, "restart")
    with Terminal(state) as terminal:
        terminal.until(END_OF_START)
        before = terminal.note()["programs"]
        with Terminal(state, "restart") as asking:
            asking.until("Every program was restarted.")
            assert asking.wait() == 0
        after = terminal.note()["programs"]
        assert {name for name in before if before[name]["pid"] == after[name]["pid"]} == {"postgres"}
        terminal.press_ctrl_c()

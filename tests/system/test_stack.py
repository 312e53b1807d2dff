"""A running stack: restarts of dead programs, independent stacks, any PostgreSQL."""

import json
import os
import signal
import stat
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import jwt
import psycopg2
import pytest
import requests
from psycopg2.sql import SQL, Identifier

from deploy.commands import rotate_keys
from deploy.installation.configuration import ROOT
from deploy.postgresql import cluster
from deploy.stack.stack import Stack
from tests.support.accounts import ADMIN_PASSWORD
from tests.support.client import Client
from tests.support.errors import UNAUTHORIZED
from tests.support.waiting import wait_until


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="bunko-") as name:
        yield Path(name)


@pytest.fixture(scope="module")
def other() -> Iterator[Stack]:
    """A second stack beside the one of all tests, with two file nodes."""
    with (
        tempfile.TemporaryDirectory(prefix="bunko-") as name,
        Stack(
            {"STATE_DIR": name, "GATEWAY_PORT": "0", "ADMIN_PASSWORD": ADMIN_PASSWORD, "FILE_NODES": "2"}
        ) as running,
    ):
        yield running


def test_two_stacks_run_side_by_side(stack: Stack, other: Stack) -> None:
    signed_in = Client(other.address).sign_in("admin", ADMIN_PASSWORD)
    assert signed_in.ask("GET", "/auth/me").status_code == 200
    assert Client(stack.address).refused("GET", "/auth/me", headers=_cookie(signed_in)) == UNAUTHORIZED
    assert not set(stack.pids.values()) & set(other.pids.values())


def _cookie(client: Client) -> dict[str, str]:
    return {"Cookie": f"refreshToken={client.session.cookies['refreshToken']}"}


def test_the_gateway_is_told_every_file_node(other: Stack) -> None:
    told = Path(other.settings("gateway")["FILE_NODES_FILE"]).read_text(encoding="utf-8").splitlines()
    assert told == [other.service_url("file-1"), other.service_url("file-2")]


def test_only_the_owner_may_read_what_programs_are_told(other: Stack) -> None:
    run = other.configuration.state / "run"
    assert stat.S_IMODE(run.stat().st_mode) == 0o700
    for path in [
        *run.glob("*.env"),
        run / "stack.json",
        other.configuration.state / "secrets",
    ]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_no_program_holds_a_key_or_a_database_that_is_not_its_own(other: Stack) -> None:
    own = {
        "catalog": "bunko_catalog",
        "media": "bunko_media",
        "users": "bunko_users",
        "gateway": "bunko_gateway",
    }
    for name, login in own.items():
        assert f"//{login}:" in other.settings(name)["DATABASE_URL"]
    assert "DATABASE_URL" not in other.settings("file-1")
    assert "SESSION_KEY" not in other.settings("catalog") | other.settings("media") | other.settings("file-1")


@pytest.mark.parametrize("name", ["gateway", "catalog", "media", "users", "file-1", "postgres"])
def test_a_killed_program_comes_back(other: Stack, name: str) -> None:
    before = other.pids[name]
    assert before
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: other.pids[name] not in (None, before))
    other.wait_until_ready()
    Client(other.address).sign_in("admin", ADMIN_PASSWORD)
    noted = json.loads((other.configuration.state / "run" / "stack.json").read_text(encoding="utf-8"))
    assert noted["programs"][name]["pid"] == other.pids[name]


def test_a_request_waits_for_a_program_that_is_started_again(other: Stack) -> None:
    before = other.pids["users"]
    assert before
    os.killpg(before, signal.SIGKILL)
    assert requests.get(other.service_url("users") + "/health/live", timeout=30).status_code == 200


@pytest.mark.slow
def test_keys_rotate_under_load_and_nobody_is_logged_out(other: Stack) -> None:
    client = Client(other.address).sign_in("admin", ADMIN_PASSWORD)
    with load(other.address, _cookie(client)) as answers:
        rotate_keys.rotate(other.configuration.state, other.restart)
    assert len(answers) > 20
    assert [answer for answer in answers if not answer.startswith("200")] == []
    assert client.ask("GET", "/auth/me").status_code == 200
    later = Client(other.address).sign_in("admin", ADMIN_PASSWORD)
    assert _kid(later) != _kid(client)


def _kid(client: Client) -> str:
    return str(jwt.get_unverified_header(client.session.cookies["refreshToken"])["kid"])


@contextmanager
def load(gateway: str, cookie: dict[str, str]) -> Iterator[list[str]]:
    """Run four clients that read and write during the ``with`` block; yield their answers."""
    asked = [
        ("GET", "/auth/me", None),
        ("GET", "/admin-series?client=1", None),
        ("GET", "/media", None),
        ("POST", "/admin/lock", {"route": "series", "id": 1}),
    ]
    answers: list[str] = []
    over = threading.Event()

    def use() -> None:
        client = Client(gateway)
        client.session.headers.update(cookie)
        while not over.is_set():
            for method, path, body in asked:
                answers.append(f"{client.ask(method, path, json=body).status_code} {method} {path}")

    with ThreadPoolExecutor(4) as pool:
        using = [pool.submit(use) for _ in range(4)]
        try:
            yield answers
        finally:
            over.set()
        for each in using:
            each.result()


def test_a_stopped_program_refuses_and_starts_again_at_its_place(other: Stack) -> None:
    address = other.service_url("file-2")
    other.stop_program("file-2")
    with pytest.raises(requests.ConnectionError):
        requests.get(address + "/health/live", timeout=5)
    assert other.pids["file-2"] is None
    other.start_program("file-2")
    assert requests.get(address + "/health/ready", timeout=30).status_code == 200


@pytest.mark.slow
def test_without_file_nodes_on_a_database_of_somebody_else(stack: Stack, folder: Path) -> None:
    """A database owner that is no superuser, with a name that needs quoting."""
    url = _own_database(stack, "an-other")
    settings = {"STATE_DIR": str(folder), "GATEWAY_PORT": "0", "FILE_NODES": "0", "DATABASE_URL": url}
    for _ in range(2):
        with Stack(settings | {"ADMIN_PASSWORD": ADMIN_PASSWORD}) as running:
            assert "postgres" not in running.pids
            admin = Client(running.address).sign_in("admin", ADMIN_PASSWORD)
            assert admin.refused("POST", "/media/add", json={}) == (
                503,
                "This service is not handling file uploads.",
            )
            assert admin.get("/media")["total"] == 0


def _own_database(stack: Stack, name: str) -> str:
    connection = psycopg2.connect(stack.admin_database_url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(SQL("CREATE ROLE {} LOGIN CREATEROLE PASSWORD 'secret'").format(Identifier(name)))
        cursor.execute(SQL("CREATE DATABASE {0} OWNER {0}").format(Identifier(name)))
    connection.close()
    return f"postgresql://{name}:secret@/{name}?" + stack.admin_database_url.partition("?")[2]


def test_a_path_too_long_for_a_socket_gets_a_short_one(folder: Path) -> None:
    deep = folder / ("deep-" * 20) / "postgres"
    place = cluster.locate(deep)
    assert len(str(place.sockets)) < 80
    assert place.sockets != cluster.locate(folder / "postgres").sockets
    assert cluster.locate(folder / "postgres").sockets == folder / "postgres" / "socket"


def test_make_migrate_works_beside_a_running_stack_and_in_a_long_path(stack: Stack, folder: Path) -> None:
    for state in (stack.configuration.state, folder / ("deep-" * 20)):
        run = subprocess.run(
            ["make", "--no-print-directory", "migrate"],
            cwd=ROOT,
            env=os.environ | {"STATE_DIR": str(state)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (run.returncode, run.stdout) == (0, "The database has the newest schema.\n"), run.stderr

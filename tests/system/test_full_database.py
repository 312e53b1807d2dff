"""A full disk under PostgreSQL: writes are answered with 503, reads work, and nothing is lost."""

import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest

from deploy.stack.stack import Stack
from tests.load.faults.calls import small_disk
from tests.load.faults.filling import filled
from tests.support.accounts import ADMIN_PASSWORD
from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.covered_volumes import settings_of

SIZE = "256m"
SECONDS = 60.0
MOST = 3000
"""Most series with long descriptions that are written to fill the disk."""


@pytest.fixture(scope="module")
def disk() -> Iterator[Path]:
    """A small disk for the data of PostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="bunko-full-") as folder:
        state = Path(folder) / "state"
        state.mkdir()
        with small_disk(state / "postgres", SIZE) as place:
            yield place


@pytest.fixture(scope="module")
def stack(disk: Path) -> Iterator[Stack]:
    with Stack(settings_of(disk.parent)) as running:
        yield running


@pytest.fixture
def catalogue(stack: Stack) -> Catalogue:
    return Catalogue(Client(stack.address).sign_in("admin", ADMIN_PASSWORD))


def _add(catalogue: Catalogue) -> tuple[int, str]:
    """Write a series with a description that fills pages; return the status and its name."""
    name = secrets.token_hex(16)
    body = {"name": name, "type": "Manga", "client": catalogue.client}
    added = catalogue.admin.ask("POST", "/admin-series/add", json=body)
    if added.status_code != 200:
        assert added.headers["Retry-After"], added.text
        return added.status_code, name
    text = {"language": "English", "text": secrets.token_hex(9000)}
    path = f"/admin-series/edit/{added.json()['id']}"
    edited = catalogue.admin.ask(
        "POST", path, json={"name": name, "type": "Manga", "added_descriptions": [text]}
    )
    return edited.status_code, name


def _names(catalogue: Catalogue) -> set[str]:
    found = catalogue.admin.get("/admin-series", client=catalogue.client)
    return {series["name"] for series in found["series"]}


def _until(said: Callable[[], object], wanted: object) -> None:
    deadline = time.monotonic() + SECONDS
    while (last := said()) != wanted:
        assert time.monotonic() < deadline, last
        time.sleep(0.1)


def test_a_full_disk_refuses_writes_and_lets_read(disk: Path, catalogue: Catalogue) -> None:
    acknowledged = [name for status, name in (_add(catalogue) for _ in range(3)) if status == 200]
    assert len(acknowledged) == 3
    with filled(disk):
        for _ in range(MOST):
            status, name = _add(catalogue)
            if status != 200:
                break
            acknowledged.append(name)
        assert status == 503
        assert set(acknowledged) <= _names(catalogue)
    _until(lambda: _add(catalogue)[0], 200)
    assert set(acknowledged) <= _names(catalogue)


def test_a_server_without_room_for_its_log_comes_back_when_there_is(
    disk: Path, stack: Stack, catalogue: Catalogue
) -> None:
    """PostgreSQL ends if it cannot write its WAL; meanwhile no session counts as signed out."""
    acknowledged = [name for status, name in (_add(catalogue) for _ in range(3)) if status == 200]
    before = stack.pids["postgres"]
    with filled(disk):
        _use_up_the_log(stack)
        _until(lambda: catalogue.admin.ask("GET", "/auth/me").status_code, 503)
        refused = catalogue.admin.ask("GET", "/auth/me")
        assert refused.status_code == 503
        assert refused.headers["Retry-After"]
        assert "Set-Cookie" not in refused.headers
    _until(lambda: catalogue.admin.ask("GET", "/auth/me").status_code, 200)
    assert before
    assert set(acknowledged) <= _names(catalogue)
    _until(lambda: _add(catalogue)[0], 200)


def _use_up_the_log(stack: Stack) -> None:
    """Make PostgreSQL start new WAL segments until none fits."""
    try:
        connection = psycopg2.connect(stack.admin_database_url)
        connection.autocommit = True
        with connection.cursor() as cursor:
            for _ in range(100):
                cursor.execute("SELECT pg_logical_emit_message(true, 'filling', repeat('x', 1000))")
                cursor.execute("SELECT pg_switch_wal()")
    except psycopg2.OperationalError:
        return
    pytest.fail("PostgreSQL still has room for its log")

"""Readers that stop in the middle of a long answer keep no service from its work, directly and behind nginx."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from tests.load.faults.readers import House, house
from tests.support.client import Client
from tests.support.nginx import MISSING, NGINX, nginx_before
from tests.support.processes import spooled
from tests.support.stalled_readers import stalled
from tests.support.terminal import eventually

OTHERS = {
    "users": "/user/sessions",
    "catalog": "/admin-series?client=1&limit=1",
    "media": "/media?limit=1",
    "file-1": "/user/avatar/1",
}
"""What somebody else asks the same program meanwhile."""
THREADS = {"users": 2, "catalog": 2, "media": 2, "file-1": 24}
"""Readers that would hold all threads of a program, or more."""
MANY = 20
"""Readers whose answers of 20 MB have no room together."""
HELD = "bunko_gateway_answers_held_bytes"
MAX_ANSWERS = 128 * 1024 * 1024


@pytest.fixture(scope="module")
def running() -> Iterator[House]:
    with house() as one:
        yield one


@pytest.fixture(scope="module", params=["direct", "nginx"])
def address(request: pytest.FixtureRequest, running: House) -> Iterator[str]:
    """Where clients find Bunko."""
    if request.param == "direct":
        yield running.stack.address
        return
    if NGINX is None:
        pytest.skip(MISSING)
    with nginx_before(running.stack) as nginx:
        yield nginx


def _somebody(running: House, address: str) -> Client:
    client = Client(address)
    client.session.cookies.update(running.admin.session.cookies)
    return client


def _nothing_is_left(running: House) -> None:
    gateway = psutil.Process(running.stack.pids["gateway"])
    eventually(lambda: running.shown("gateway").value(HELD) == 0)
    eventually(lambda: spooled(gateway) == 0)


@pytest.mark.parametrize("program", sorted(OTHERS))
def test_others_are_answered_beside_stalled_readers(running: House, address: str, program: str) -> None:
    somebody = _somebody(running, address)
    with stalled(address, running.paths[program], THREADS[program], running.cookie):
        for _ in range(20):
            assert somebody.ask("GET", OTHERS[program]).status_code == 200
        if program != "file-1":
            running.wait_until_idle(program)
    _nothing_is_left(running)


def test_more_stalled_readers_than_there_is_room_for_keep_nobody_from_their_work(
    running: House, address: str
) -> None:
    somebody = _somebody(running, address)
    with stalled(address, running.paths["users"], MANY, running.cookie):
        running.wait_until_idle("users")
        for path in OTHERS.values():
            assert somebody.ask("GET", path).status_code == 200
        assert running.shown("gateway").value(HELD) <= MAX_ANSWERS
    _nothing_is_left(running)


def test_all_of_a_long_answer_comes_through(running: House, address: str) -> None:
    somebody = _somebody(running, address)
    history = somebody.get("/user/reading-history", order="name-asc")
    assert [entry["name"] for entry in history["series"]] == [
        f"Series {number}" for number in range(1, history["total"] + 1)
    ]


def test_more_long_lists_at_once_than_a_service_has_connections_are_all_answered(running: House) -> None:
    path, address = running.paths["users"], running.stack.address
    with ThreadPoolExecutor(12) as pool:
        answers = pool.map(lambda _: _somebody(running, address).ask("GET", path).status_code, range(12))
        assert set(answers) == {200}

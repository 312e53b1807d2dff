"""Clocks that jump under running programs: no session ends, and failures are answered with 503."""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from deploy.stack.stack import Stack
from tests.load.faults.clocks import Clock, clocks
from tests.support.accounts import ADMIN_PASSWORD
from tests.support.client import Client
from tests.support.covered_volumes import CoveredVolume, settings_of

pytestmark = pytest.mark.slow

PROGRAMS = ("catalog", "users", "file-1", "gateway")
MINUTE, HOUR = 60, 3600
SECONDS = 60.0


@pytest.fixture(scope="module")
def wrong() -> Iterator[tuple[Stack, Mapping[str, Clock]]]:
    """A system in which each program has its own clock."""
    with (
        tempfile.TemporaryDirectory(prefix="bunko-clocks-") as folder,
        Stack(settings_of(Path(folder) / "state")) as stack,
    ):
        own = clocks(stack, Path(folder), PROGRAMS)
        for name in PROGRAMS:
            stack.restart_program(name)
        yield stack, own


@pytest.fixture
def stack(wrong: tuple[Stack, Mapping[str, Clock]]) -> Stack:
    return wrong[0]


@pytest.fixture
def clock(wrong: tuple[Stack, Mapping[str, Clock]]) -> Iterator[Mapping[str, Clock]]:
    """The clocks; they are reset after the test."""
    yield wrong[1]
    for one in wrong[1].values():
        one.step(0)


@pytest.fixture
def someone(stack: Stack) -> Client:
    return Client(stack.address).sign_in("admin", ADMIN_PASSWORD)


def _until(said: Callable[[], int], status: int) -> None:
    """Wait for a status: programs notice a step of the clock after a moment."""
    deadline = time.monotonic() + SECONDS
    while (last := said()) != status:
        assert time.monotonic() < deadline, last
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("name", "seconds"),
    [
        ("gateway", 10),
        ("gateway", MINUTE),
        ("gateway", -MINUTE),
        ("gateway", -2 * HOUR),
        ("catalog", -10),
        ("catalog", 2 * HOUR),
    ],
)
def test_programs_whose_clocks_differ_say_503_and_log_nobody_out(
    stack: Stack, clock: Mapping[str, Clock], someone: Client, name: str, seconds: int
) -> None:
    clock[name].step(seconds)
    _until(lambda: someone.ask("GET", "/admin-series?client=1").status_code, 503)
    refused = someone.ask("POST", "/admin-series/add", json={"name": "x", "type": "Manga", "client": 1})
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    assert "Set-Cookie" not in refused.headers
    clock[name].step(0)
    _until(lambda: someone.ask("GET", "/admin-series?client=1").status_code, 200)


@pytest.mark.parametrize("seconds", [3, -3, -10])
def test_clocks_that_differ_a_little_hurt_nobody(
    clock: Mapping[str, Clock], someone: Client, seconds: int
) -> None:
    clock["gateway"].step(seconds)
    for _ in range(20):
        assert someone.ask("GET", "/admin-series?client=1").status_code == 200


@pytest.mark.parametrize("seconds", [MINUTE, -MINUTE, 2 * HOUR])
def test_clocks_that_jump_together_hurt_nobody(
    stack: Stack, clock: Mapping[str, Clock], someone: Client, seconds: int
) -> None:
    for one in clock.values():
        one.step(seconds)
    # A step does not reach all programs at the same moment.
    _until(lambda: someone.ask("GET", "/admin-series?client=1").status_code, 200)
    assert someone.ask("GET", "/auth/me").status_code == 200
    shelf = CoveredVolume.of(someone)
    shelf.give_cover()
    assert shelf.cover().status_code == 200


@pytest.mark.parametrize("seconds", [MINUTE, -MINUTE])
def test_a_file_node_with_another_clock_than_the_owner_says_503(
    stack: Stack, clock: Mapping[str, Clock], someone: Client, seconds: int
) -> None:
    shelf = CoveredVolume.of(someone)
    shelf.give_cover()
    clock["catalog"].step(seconds)
    _until(lambda: shelf.upload().status_code, 503)
    clock["catalog"].step(0)
    _until(lambda: shelf.upload().status_code, 200)


def test_a_session_may_begin_while_the_gateway_is_behind(stack: Stack, clock: Mapping[str, Clock]) -> None:
    """Cookies are dated by the clock of the database."""
    for one in clock.values():
        one.step(-4 * MINUTE)
    newcomer = Client(stack.address).sign_in("admin", ADMIN_PASSWORD)
    assert newcomer.ask("GET", "/auth/me").status_code == 200

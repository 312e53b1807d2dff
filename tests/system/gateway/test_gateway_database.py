"""The gateway without its database: no session counts as signed out, and public routes work."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from deploy.stack.stack import Stack
from tests.load.faults.proxy import Fault, Proxy, before_database, through
from tests.support.gateway_harness import GatewayHarness, HarnessFactory
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def wire(stack: Stack) -> Iterator[Proxy]:
    with before_database(stack.database_url("gateway")) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def wired(opening: HarnessFactory, wire: Proxy, stack: Stack) -> GatewayHarness:
    return opening.open(DATABASE_URL=through(wire, stack.database_url("gateway")))


@pytest.fixture
def door(wired: GatewayHarness, wire: Proxy, cookie: dict[str, str]) -> Iterator[GatewayHarness]:
    """A gateway on a connection that the test may cut, after one session check."""
    assert wired.ask("GET", "/auth/me", cookies=cookie).status_code == 200
    for program in wired.services.values():
        program.requests.clear()
    yield wired
    wire.mend()
    wait_until(lambda: wired.ask("GET", "/health/ready").status_code == 200)


def check_outage(door: GatewayHarness, cookie: dict[str, str]) -> None:
    """With a cookie: 503, and the cookie is kept. Without one: everything works."""
    answer = door.ask("GET", "/auth/me", cookies=cookie)
    assert (answer.status_code, answer.json()["data"]) == (503, "Service unavailable")
    assert answer.headers["Retry-After"] == "1"
    assert "Set-Cookie" not in answer.headers
    assert door["users"].requests == []
    assert door.ask("GET", "/volumes/1").status_code == 200
    assert door.ask("GET", "/volumes/1", cookies={"refreshToken": "broken"}).status_code == 200
    assert door.ask("GET", "/health/live").status_code == 200
    assert door.ask("GET", "/health/ready").status_code == 503


def test_while_the_database_is_away_the_answer_is_503_never_401(
    door: GatewayHarness, wire: Proxy, cookie: dict[str, str]
) -> None:
    wire.cut()
    check_outage(door, cookie)
    wire.mend()
    assert door.ask("GET", "/auth/me", cookies=cookie).status_code == 200


def test_connections_that_died_in_the_meantime_cost_nobody_anything(
    door: GatewayHarness, wire: Proxy, cookie: dict[str, str]
) -> None:
    with ThreadPoolExecutor(16) as pool:  # so that every place holds a connection
        assert {
            answer.status_code
            for answer in pool.map(lambda _: door.ask("GET", "/auth/me", cookies=cookie), range(64))
        } == {200}
    wire.cut()
    wire.mend()
    for _ in range(8):
        assert door.ask("GET", "/auth/me", cookies=cookie).status_code == 200


def test_a_database_that_stalls_is_given_up_soon_and_stalls_nobody_else(
    door: GatewayHarness, wire: Proxy, cookie: dict[str, str]
) -> None:
    wire.fault = Fault(silent=True)
    with ThreadPoolExecutor(16) as pool:
        began = time.monotonic()
        stalled = [pool.submit(door.ask, "GET", "/auth/me", cookies=cookie) for _ in range(16)]
        for _ in range(20):
            assert door.ask("GET", "/volumes/1").status_code == 200
        assert {answer.result().status_code for answer in stalled} == {503}
        assert time.monotonic() - began < 8
    wire.mend()
    wait_until(lambda: door.ask("GET", "/auth/me", cookies=cookie).status_code == 200)


def test_the_outage_is_in_the_log_and_the_password_is_not(
    door: GatewayHarness, wire: Proxy, stack: Stack, cookie: dict[str, str]
) -> None:
    wire.cut()
    check_outage(door, cookie)
    assert "the database cannot be asked" in door.log()
    password = stack.database_url("gateway").split(":")[2].partition("@")[0]
    assert len(password) > 20
    assert password not in door.log()

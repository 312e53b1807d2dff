"""The limit on requests for each minute and address, shared by all gateway processes."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.support.gateway_harness import GatewayHarness, HarnessFactory

LIMIT = 10


def address(number: int) -> dict[str, str]:
    """Headers of a client behind the one trusted proxy."""
    return {"X-Forwarded-For": f"203.0.113.{number}"}


@pytest.fixture(scope="module")
def doors(opening: HarnessFactory) -> list[GatewayHarness]:
    """Two gateways of two processes each, with one limit."""
    settings = {"REQUEST_LIMIT": str(LIMIT), "TRUSTED_PROXIES": "1", "WORKERS": "2"}
    return [opening.open(**settings) for _ in range(2)]


def at_the_start_of_a_minute() -> None:
    """Wait for the next minute if this one is about to end, so that the test stays within one."""
    left = 60 - time.time() % 60
    if left < 10:
        time.sleep(left + 0.1)


def statuses(doors: list[GatewayHarness], number: int, count: int) -> Counter[int]:
    def ask(turn: int) -> requests.Response:
        return doors[turn % len(doors)].ask("GET", "/volumes/1", headers=address(number))

    with ThreadPoolExecutor(8) as pool:
        return Counter(answer.status_code for answer in pool.map(ask, range(count)))


def test_no_process_lets_one_more_through(doors: list[GatewayHarness]) -> None:
    at_the_start_of_a_minute()
    assert statuses(doors, 1, 3 * LIMIT) == {200: LIMIT, 429: 2 * LIMIT}
    answer = doors[0].ask("POST", "/auth/login", headers=address(1))
    assert (answer.status_code, answer.json()["data"]) == (429, "Too many requests.")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert doors[0]["users"].requests == []


def test_addresses_are_counted_apart_and_health_is_not_counted(doors: list[GatewayHarness]) -> None:
    at_the_start_of_a_minute()
    assert statuses(doors, 2, LIMIT + 1) == {200: LIMIT, 429: 1}
    assert statuses(doors, 3, LIMIT) == {200: LIMIT}
    for _ in range(LIMIT + 1):
        assert doors[0].ask("GET", "/health/live", headers=address(3)).status_code == 200


def test_one_network_of_ipv6_has_one_limit_and_the_status_page_counts(doors: list[GatewayHarness]) -> None:
    at_the_start_of_a_minute()

    def ask(path: str, client: str) -> int:
        return doors[0].ask("GET", path, headers={"X-Forwarded-For": client}).status_code

    assert 429 not in {ask("/status", f"2001:db8:7::{number}") for number in range(LIMIT)}
    for path in ("/status", "/status/status.js", "/volumes/1"):
        assert ask(path, f"2001:db8:7::{LIMIT}") == 429
    assert ask("/volumes/1", "2001:db8:7:1::1") == 200
    assert ask("/volumes/1", "::ffff:203.0.113.200") == 200


def test_all_limits_can_be_turned_off(opening: HarnessFactory) -> None:
    door = opening.open(REQUEST_LIMIT="1", RATE_LIMITS="off")
    assert statuses([door], 4, 5) == {200: 5}


def test_what_cannot_be_counted_is_not_let_through(opening: HarnessFactory) -> None:
    door = opening.open(REQUEST_LIMIT="5", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    answer = door.ask("GET", "/volumes/1")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert "text/html" in door.ask("GET", "/status").headers["Content-Type"], "it says what is wrong"
    assert door.ask("GET", "/health/live").status_code == 200

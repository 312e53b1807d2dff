"""Failed logins and registrations are counted exactly, one by one and concurrent."""

import itertools
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

import psycopg2
import pytest
from requests import Response

from deploy.stack.stack import Stack
from tests.support.accounts import PASSWORD
from tests.support.barrier import released_together
from tests.support.client import Client
from tests.support.overlap import at_once

WRONG = "wrong horse"
TOO_MANY = (429, "Too many requests.")
_numbers = itertools.count(1)


@pytest.fixture
def address() -> str:
    return f"203.0.113.{next(_numbers)}"


def attempt(gateway: str, address: str, username: str, password: str = WRONG) -> Response:
    body = {"username": username, "password": password}
    return Client(gateway, address=address).ask("POST", "/auth/login", json=body)


def fail(gateway: str, address: str, username: str, times: int) -> None:
    statuses = [attempt(gateway, address, username).status_code for _ in range(times)]
    assert statuses == [401] * times


def test_the_tenth_failure_is_the_last(member: Client, address: str) -> None:
    name = member.user["username"]
    fail(member.gateway, address, name, 10)
    answer = attempt(member.gateway, address, name)
    assert (answer.status_code, answer.json()["data"]) == TOO_MANY
    assert 800 < int(answer.headers["Retry-After"]) <= 900


def test_a_right_password_does_not_end_the_wait(member: Client, address: str) -> None:
    name = member.user["username"]
    fail(member.gateway, address, name, 10)
    answer = attempt(member.gateway, address, name, PASSWORD)
    assert (answer.status_code, answer.json()["data"]) == TOO_MANY
    assert "Set-Cookie" not in answer.headers


def test_a_right_password_in_time_is_not_counted(member: Client, address: str) -> None:
    name = member.user["username"]
    fail(member.gateway, address, name, 9)
    for _ in range(3):
        assert attempt(member.gateway, address, name, PASSWORD).status_code == 200
    fail(member.gateway, address, name, 1)
    assert attempt(member.gateway, address, name, PASSWORD).status_code == 429


def test_failures_count_per_address_and_name_in_any_case(member: Client, address: str) -> None:
    name = member.user["username"]
    fail(member.gateway, address, name.upper(), 5)
    fail(member.gateway, address, name, 5)
    assert attempt(member.gateway, address, name).status_code == 429
    assert attempt(member.gateway, address, name + "x").status_code == 401
    assert attempt(member.gateway, "203.0.113.250", name, PASSWORD).status_code == 200


def test_unknown_names_are_limited_too(anonymous: Client, address: str) -> None:
    name = f"nobody-{secrets.token_hex(5)}"
    fail(anonymous.gateway, address, name, 10)
    assert attempt(anonymous.gateway, address, name).status_code == 429


def test_fifty_failures_of_an_address_are_the_last_whatever_the_names(member: Client, address: str) -> None:
    """A correct password does not lower the address's count: otherwise an attacker with an account could continue."""
    own = member.user["username"]
    for number in range(50):
        fail(member.gateway, address, f"guessed-{number}", 1)
        if number % 20 == 0:
            assert attempt(member.gateway, address, own, PASSWORD).status_code == 200
    for name, password in (("guessed-50", WRONG), (own, PASSWORD)):
        answer = attempt(member.gateway, address, name, password)
        assert (answer.status_code, answer.json()["data"]) == TOO_MANY
        assert 600 < int(answer.headers["Retry-After"]) <= 900
    assert attempt(member.gateway, "203.0.113.252", own, PASSWORD).status_code == 200


def test_wrong_passwords_under_many_names_at_once_count_exactly(anonymous: Client, address: str) -> None:
    seen: Counter[int] = Counter()
    for batch in range(3):
        names = [f"at-once-{batch}-{number}" for number in range(20)]
        answers = at_once([partial(attempt, anonymous.gateway, address, name) for name in names])
        seen.update(answer.status_code for answer in answers)
    assert seen == {401: 50, 429: 10}


def test_wrong_passwords_of_somebody_signed_in_count_for_the_address(member: Client, address: str) -> None:
    member.session.headers["X-Forwarded-For"] = address
    body = {"current_password": WRONG, "new_password": PASSWORD}
    for number in range(49):
        fail(member.gateway, address, f"signed-in-{number}", 1)
    assert member.refused("POST", "/user/change-password", json=body) == (403, "Wrong password")
    assert member.refused("POST", "/user/change-password", json=body) == TOO_MANY
    assert attempt(member.gateway, address, "signed-in-50").status_code == 429


def test_twenty_wrong_logins_at_once_count_exactly(member: Client, address: str) -> None:
    name = member.user["username"]
    calls: list[Callable[[], Response]] = [lambda: attempt(member.gateway, address, name)] * 20
    answers = at_once(calls)
    assert Counter(answer.status_code for answer in answers) == {401: 10, 429: 10}
    assert all("Retry-After" in answer.headers for answer in answers if answer.status_code == 429)


def test_of_two_that_meet_at_the_limit_one_is_counted(member: Client, address: str, stack: Stack) -> None:
    name = member.user["username"]
    fail(member.gateway, address, name, 9)
    calls: list[Callable[[], Response]] = [lambda: attempt(member.gateway, address, name)] * 2
    answers = released_together(stack.database_url("users"), "users.attempts", calls)
    assert sorted(answer.status_code for answer in answers) == [401, 429]


def test_twenty_right_logins_at_once_all_succeed(member: Client, address: str) -> None:
    name = member.user["username"]
    calls: list[Callable[[], Response]] = [lambda: attempt(member.gateway, address, name, PASSWORD)] * 20
    assert Counter(answer.status_code for answer in at_once(calls)) == {200: 20}


@pytest.fixture
def passing_time(stack: Stack) -> Iterator[Callable[[str], None]]:
    """Age the counted attempts in the database."""
    with psycopg2.connect(stack.database_url("users")) as connection, connection.cursor() as cursor:

        def pass_time(interval: str) -> None:
            cursor.execute("UPDATE users.attempts SET expires_at = expires_at - %s::interval", [interval])
            connection.commit()

        yield pass_time


def test_the_wait_ends_when_the_oldest_failure_is_15_minutes_old(
    member: Client, address: str, passing_time: Callable[[str], None]
) -> None:
    name = member.user["username"]
    fail(member.gateway, address, name, 4)
    passing_time("10 minutes")
    fail(member.gateway, address, name, 6)
    answer = attempt(member.gateway, address, name)
    assert answer.status_code == 429
    assert 240 < int(answer.headers["Retry-After"]) <= 300
    passing_time("5 minutes 1 second")
    fail(member.gateway, address, name, 4)
    assert attempt(member.gateway, address, name).status_code == 429


def register(gateway: str, address: str, username: str | None = None, password: str = PASSWORD) -> Response:
    name = f"new-{secrets.token_hex(6)}" if username is None else username
    body = {"username": name, "password": password}
    return Client(gateway, address=address).ask("POST", "/auth/register", json=body)


def test_every_attempt_to_register_counts(
    member: Client, address: str, passing_time: Callable[[str], None]
) -> None:
    for _ in range(4):
        assert register(member.gateway, address).status_code == 201
    for _ in range(3):
        assert register(member.gateway, address, member.user["username"]).status_code == 409
    for _ in range(3):
        assert register(member.gateway, address, password="short").status_code == 422
    answer = register(member.gateway, address)
    assert (answer.status_code, answer.json()["data"]) == TOO_MANY
    assert 3500 < int(answer.headers["Retry-After"]) <= 3600
    assert register(member.gateway, "203.0.113.251").status_code == 201
    passing_time("1 hour 1 second")
    assert register(member.gateway, address).status_code == 201


def test_twenty_registrations_at_once_count_exactly(anonymous: Client, address: str) -> None:
    calls: list[Callable[[], Response]] = [lambda: register(anonymous.gateway, address)] * 20
    assert Counter(answer.status_code for answer in at_once(calls)) == {201: 10, 429: 10}

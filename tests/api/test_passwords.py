"""Changing the own password, and the digest stored for it."""

import itertools
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import jwt
import psycopg2
import pytest
from argon2 import PasswordHasher
from psycopg2.extensions import connection as Connection  # noqa: N812  # a class

from deploy.stack.stack import Stack
from tests.load.soak.rotation import pass_time
from tests.support.accounts import PASSWORD
from tests.support.barrier import waiters
from tests.support.client import Client
from tests.support.errors import UNAUTHORIZED
from tests.support.overlap import at_once
from tests.support.waiting import wait_until

OTHER = "staple battery horse correct"
WRONG = (403, "Wrong password")
TOO_MANY = (429, "Too many requests.")
_numbers = itertools.count(1)


@pytest.fixture
def address() -> str:
    return f"203.0.112.{next(_numbers)}"


@pytest.fixture
def database(stack: Stack) -> Iterator[Connection]:
    connection = psycopg2.connect(stack.database_url("users"))
    yield connection
    connection.close()


def change(client: Client, current: str = PASSWORD, new: str = OTHER) -> tuple[int, str]:
    body = {"current_password": current, "new_password": new}
    answer = client.ask("POST", "/user/change-password", json=body)
    return answer.status_code, answer.json()["data"]


def sign_in(client: Client, password: str) -> int:
    body = {"username": client.user["username"], "password": password}
    return Client(client.gateway).ask("POST", "/auth/login", json=body).status_code


def copy_of(client: Client) -> Client:
    """Return a client with a copy of the current cookie that accepts no new one."""
    copy = Client(client.gateway)
    copy.session.headers["Cookie"] = f"refreshToken={client.session.cookies['refreshToken']}"
    return copy


def session_id(client: Client) -> str:
    token = client.session.cookies["refreshToken"]
    return str(jwt.decode(token, options={"verify_signature": False})["sid"])


def test_a_new_password_ends_every_session_and_begins_a_new_one(member: Client) -> None:
    before, copy = session_id(member), copy_of(member)
    elsewhere = [Client(member.gateway).sign_in(member.user["username"]) for _ in range(2)]
    assert change(member) == (200, "Password changed successfully")
    for client in (copy, *elsewhere):
        assert client.refused("GET", "/auth/me") == UNAUTHORIZED
    assert session_id(member) != before
    assert len(member.get("/user/sessions")) == 1
    assert (sign_in(member, PASSWORD), sign_in(member, OTHER)) == (401, 200)


def test_neither_a_cookie_nor_its_successor_outlives_the_old_password(member: Client, stack: Stack) -> None:
    parent = copy_of(member)
    pass_time(stack, member.user["id"], "1 day 1 second")
    member.get("/auth/me")
    successor = copy_of(member)
    assert change(parent)[0] == 200
    for copy in (successor, member):
        assert copy.refused("GET", "/auth/me") == UNAUTHORIZED


def test_a_session_ends_with_its_password_whoever_writes_it(member: Client, database: Connection) -> None:
    with database, database.cursor() as cursor:
        cursor.execute(
            "UPDATE users.users SET password_version = password_version + 1 WHERE id = %s",
            [member.user["id"]],
        )
    assert member.refused("GET", "/auth/me") == UNAUTHORIZED


def test_a_session_that_ends_meanwhile_changes_no_password(member: Client, database: Connection) -> None:
    """The gateway has accepted the change, then the session is ended from elsewhere."""
    with ThreadPoolExecutor(1) as pool, database.cursor() as cursor:
        cursor.execute("UPDATE users.sessions SET ended_at = now() WHERE user_id = %s", [member.user["id"]])
        late = pool.submit(change, member)
        wait_until(lambda: late.done() or waiters(cursor))
        database.commit()
        assert late.result() == UNAUTHORIZED
    assert (sign_in(member, PASSWORD), sign_in(member, OTHER)) == (200, 401)


def test_a_login_that_is_just_being_made_does_not_slip_past_a_logout(
    member: Client, admin: Client, database: Connection
) -> None:
    """The login locks the account until its session exists; meanwhile an administrator ends all sessions."""
    user_id = member.user["id"]
    with ThreadPoolExecutor(1) as pool, database.cursor() as cursor:
        cursor.execute("SELECT FROM users.users WHERE id = %s FOR SHARE", [user_id])
        cursor.execute(
            "INSERT INTO users.sessions (id, user_id, expires_at, address)"
            " VALUES (%s, %s, now() + interval '1 day', '192.0.2.1')",
            [secrets.token_hex(16), user_id],
        )
        logout = pool.submit(admin.post, f"/admin-users/logout/{user_id}")
        wait_until(lambda: logout.done() or waiters(cursor))
        database.commit()
        logout.result()
        cursor.execute(
            "SELECT count(*) FROM users.sessions WHERE user_id = %s AND ended_at IS NULL", [user_id]
        )
        assert cursor.fetchone() == (0,)
    database.commit()


def test_a_wrong_password_changes_nothing(member: Client) -> None:
    elsewhere = Client(member.gateway).sign_in(member.user["username"])
    assert change(member, current=PASSWORD + "!") == WRONG
    assert elsewhere.ask("GET", "/auth/me").status_code == 200
    assert (sign_in(member, PASSWORD), sign_in(member, OTHER)) == (200, 401)


@pytest.mark.parametrize("new", ["1234567", "1" * 256])
def test_a_new_password_must_be_one_that_can_be_registered(member: Client, new: str) -> None:
    assert change(member, new=new) == (422, "Invalid password")
    assert sign_in(member, PASSWORD) == 200


def test_wrong_passwords_count_as_failed_logins_do(member: Client, address: str) -> None:
    member.session.headers["X-Forwarded-For"] = address
    at_login = Client(member.gateway, address=address)
    body = {"username": member.user["username"], "password": "wrong horse"}
    for _ in range(5):
        assert change(member, current="wrong horse") == WRONG
        assert at_login.refused("POST", "/auth/login", json=body)[0] == 401
    assert change(member, current="wrong horse") == TOO_MANY
    assert change(member) == TOO_MANY
    assert at_login.refused("POST", "/auth/login", json=body) == TOO_MANY


def test_twenty_wrong_passwords_at_once_count_exactly(member: Client, address: str) -> None:
    def guess() -> tuple[int, str]:
        guesser = Client(member.gateway, address=address)
        guesser.session.cookies.update(member.session.cookies)
        return change(guesser, current="wrong horse")

    calls: list[Callable[[], tuple[int, str]]] = [guess] * 20
    assert Counter(at_once(calls)) == {WRONG: 10, TOO_MANY: 10}


def test_of_two_changes_at_once_one_is_made(member: Client) -> None:
    calls: list[Callable[[], tuple[int, str]]] = []
    for number in range(2):
        device = Client(member.gateway)
        device.session.cookies.update(member.session.cookies)
        calls.append(partial(change, device, PASSWORD, f"{OTHER} {number}"))
    answers = at_once(calls)
    assert sorted(status for status, _ in answers) == [200, 403]
    winner = next(number for number, (status, _) in enumerate(answers) if status == 200)
    assert sign_in(member, f"{OTHER} {winner}") == 200


def test_a_login_with_the_old_password_cannot_slip_past_the_change(
    member: Client, database: Connection
) -> None:
    """The login has verified its password, then waits for the concurrent change."""
    with ThreadPoolExecutor(1) as pool, database.cursor() as cursor:
        cursor.execute(
            "UPDATE users.users SET password_version = password_version + 1 WHERE id = %s",
            [member.user["id"]],
        )
        late = pool.submit(sign_in, member, PASSWORD)
        wait_until(lambda: late.done() or waiters(cursor))
        database.commit()
        assert late.result() == 401


def test_a_weaker_digest_is_replaced_at_the_next_login(member: Client, database: Connection) -> None:
    weaker = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    user_id = member.user["id"]
    with database, database.cursor() as cursor:
        cursor.execute("UPDATE users.users SET password_hash = %s WHERE id = %s", [weaker, user_id])
    assert sign_in(member, PASSWORD + "!") == 401
    assert _digest(database, user_id) == weaker
    logins: list[Callable[[], int]] = [partial(sign_in, member, PASSWORD)] * 4
    assert at_once(logins) == [200] * 4
    renewed = _digest(database, user_id)
    assert renewed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert sign_in(member, PASSWORD) == 200
    assert _digest(database, user_id) == renewed
    assert member.ask("GET", "/auth/me").status_code == 200


def _digest(database: Connection, user_id: int) -> str:
    with database, database.cursor() as cursor:
        cursor.execute("SELECT password_hash FROM users.users WHERE id = %s", [user_id])
        return str((cursor.fetchone() or ("",))[0])

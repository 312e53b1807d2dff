"""``python -m users.administrator``: creates the first administrator once, and promotes no account."""

import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from deploy.stack.stack import Stack
from tests.support.accounts import PASSWORD
from tests.support.client import Client

ROOT = Path(__file__).parent.parent.parent
UNUSABLE = 4  # gunicorn's status for an application that cannot be loaded


def run(
    stack: Stack, username: str, password: str = PASSWORD, **more: str
) -> subprocess.CompletedProcess[str]:
    environment = {
        "PYTHONPATH": f"{ROOT}:{ROOT / 'user-service'}",
        "DATABASE_URL": stack.database_url("users"),
        "ADMIN_USERNAME": username,
        "ADMIN_PASSWORD": password,
    }
    return subprocess.run(
        [sys.executable, "-m", "users.administrator"],
        env=environment | more,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def fresh_name() -> str:
    return f"root-{secrets.token_hex(6)}"


@pytest.fixture
def nobody_in_charge(stack: Stack) -> Iterator[None]:
    """No user has the role Admin during the block."""
    with psycopg2.connect(stack.database_url("users")) as connection, connection.cursor() as cursor:
        admins = "role_id IN (SELECT id FROM users.roles WHERE name = 'Admin')"
        cursor.execute(f"DELETE FROM users.user_roles WHERE {admins} RETURNING user_id, role_id")
        taken = cursor.fetchall()
        connection.commit()
        yield
        cursor.execute(f"DELETE FROM users.user_roles WHERE {admins}")
        cursor.executemany("INSERT INTO users.user_roles (user_id, role_id) VALUES (%s, %s)", taken)
    connection.close()


@pytest.mark.usefixtures("nobody_in_charge")
def test_an_administrator_is_made_once(stack: Stack, admin: Client) -> None:
    name, other = fresh_name(), fresh_name()
    first, second = run(stack, name), run(stack, other, "another password")
    assert (first.returncode, first.stdout) == (0, "created\n"), first.stderr
    assert (second.returncode, second.stdout) == (0, "exists\n"), second.stderr
    made = Client(admin.gateway).sign_in(name)
    assert [role["name"] for role in made.user["roles"]] == ["Admin"]
    assert admin.refused("POST", "/auth/login", json={"username": other, "password": "another password"}) == (
        401,
        "Invalid credentials",
    )


@pytest.mark.usefixtures("nobody_in_charge")
def test_two_at_once_make_one(stack: Stack, admin: Client) -> None:
    name = fresh_name()
    command = [sys.executable, "-m", "users.administrator"]
    environment = {
        "PYTHONPATH": f"{ROOT}:{ROOT / 'user-service'}",
        "DATABASE_URL": stack.database_url("users"),
        "ADMIN_USERNAME": name,
        "ADMIN_PASSWORD": PASSWORD,
    }
    started = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = sorted(process.communicate(timeout=30)[0] for process in started)
    assert said == ["created\n", "exists\n", "exists\n"]


@pytest.mark.usefixtures("nobody_in_charge")
def test_somebody_elses_account_is_never_promoted(stack: Stack, member: Client) -> None:
    said = run(stack, member.user["username"])
    assert said.returncode == UNUSABLE
    assert said.stdout == ""
    assert len(said.stderr.splitlines()) == 1
    assert "choose another ADMIN_USERNAME" in said.stderr
    assert [role["name"] for role in member.get("/auth/me")["user"]["roles"]] == ["Member"]


@pytest.mark.parametrize(
    ("username", "password"),
    [("a b", PASSWORD), ("ab", PASSWORD), ("usable", "short"), ("usable", "x" * 256)],
)
def test_what_will_not_do_ends_in_one_sentence(stack: Stack, username: str, password: str) -> None:
    said = run(stack, username, password)
    assert (said.returncode, said.stdout) == (UNUSABLE, "")
    assert len(said.stderr.splitlines()) == 1
    assert "ADMIN_USERNAME must be" in said.stderr
    assert password not in said.stderr


@pytest.mark.parametrize("url", ["postgresql://nobody:secret@127.0.0.1:1/nothing", "nonsense"])
def test_a_database_that_is_not_there_ends_in_one_sentence(stack: Stack, url: str) -> None:
    said = run(stack, fresh_name(), DATABASE_URL=url)
    assert (said.returncode, said.stdout) == (UNUSABLE, "")
    assert len(said.stderr.splitlines()) == 1, said.stderr
    assert "DATABASE_URL" in said.stderr
    assert "secret" not in said.stderr

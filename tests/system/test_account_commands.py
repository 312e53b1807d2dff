"""``bunko user``: administrators, roles and passwords, from the command line of a running system."""

import os
import secrets
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg2
import pytest

from deploy.installation.configuration import ROOT
from deploy.stack.stack import Stack
from tests.support.barrier import waiters
from tests.support.client import Client
from tests.support.waiting import wait_until


def bunko(stack: Stack, *words: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
    """Run a command of ``bunko`` for a stack."""
    given = {"STATE_DIR": str(stack.configuration.state), "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(
        [sys.executable, "-m", "deploy", *words],
        cwd=ROOT,
        env=os.environ | given,
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def refused(stack: Stack, *words: str, typed: str = "") -> str:
    done = bunko(stack, *words, typed=typed)
    assert (done.returncode, done.stdout) == (1, ""), done.stdout + done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    return done.stderr


def test_an_administrator_is_made_and_gives_way(stack: Stack) -> None:
    name = f"chief-{secrets.token_hex(6)}"
    done = bunko(stack, "user", "create-admin", name)
    assert done.returncode == 0, done.stderr
    password = done.stdout.split("The password is ")[1].split()[0]
    client = Client(stack.address).sign_in(name, password)
    assert [role["name"] for role in client.user["roles"]] == ["Admin"]
    assert "Username already taken" in refused(stack, "user", "create-admin", name.upper())

    assert bunko(stack, "user", "set-role", name, "editor").returncode == 0
    assert bunko(stack, "user", "set-role", name, "Admin", "--remove").returncode == 0
    assert [role["name"] for role in client.get("/auth/me")["user"]["roles"]] == ["Editor"]


def test_a_lost_password_is_replaced_and_sessions_end(stack: Stack, member: Client) -> None:
    name = member.user["username"]
    done = bunko(stack, "user", "reset-password", name, "--ask", typed="a password of my own\n")
    assert done.returncode == 0, done.stderr
    assert "a password of my own" not in done.stdout + done.stderr
    assert member.ask("GET", "/auth/me").status_code == 401
    Client(stack.address).sign_in(name, "a password of my own")


def test_a_password_that_is_just_being_changed_is_reset_all_the_same(stack: Stack, member: Client) -> None:
    name = member.user["username"]
    words, typed = ("user", "reset-password", name, "--ask"), "a password of my own\n"
    with (
        ThreadPoolExecutor(1) as pool,
        closing(psycopg2.connect(stack.admin_database_url)) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "UPDATE users.users SET password_version = password_version + 1 WHERE slug = %s", [name]
        )
        reset = pool.submit(bunko, stack, *words, typed=typed)
        wait_until(lambda: reset.done() or waiters(cursor))
        connection.commit()
        assert reset.result().returncode == 0, reset.result().stderr
    Client(stack.address).sign_in(name, "a password of my own")


@pytest.mark.parametrize(
    ("words", "typed", "says"),
    [
        (("create-admin", "a b"), "", "Invalid username: a name has 3 to 31"),
        (("create-admin", "somebody-new", "--ask"), "short\n", "Invalid password: a password has 8"),
        (("set-role", "nobody-at-all", "Editor"), "", "User not found: "),
        (("set-role", "admin", "Emperor"), "", "There is no role 'Emperor': choose one of "),
        (("reset-password", "nobody-at-all"), "", "User not found: "),
    ],
)
def test_what_the_rules_refuse_is_one_sentence(
    stack: Stack, words: tuple[str, ...], typed: str, says: str
) -> None:
    assert refused(stack, "user", *words, typed=typed).startswith(says)

"""Timing: the ``Server-Timing`` header, and the log of slow statements."""

import logging
import re
from collections.abc import Iterator

import pytest
import requests
from flask import Flask, g
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from deploy.stack.stack import Stack
from shared.observability import server_timing
from shared.postgres.engine import Database
from tests.support.client import Client

ASKING = {"Server-Timing": "1"}
SLEEP = text("SELECT pg_sleep(:seconds), :secret")
SLEEPY = {"seconds": 0.02, "secret": "a planted canary"}


@pytest.mark.parametrize(
    "path", ["/admin-series?client=1", "/auth/me", "/media", "/admin-series/id/999999999"]
)
def test_an_administrator_who_asks_learns_where_the_time_went(admin: Client, path: str) -> None:
    answer = admin.ask("GET", path, headers=ASKING)
    named = re.findall(r"(\w+);dur=(\d+\.\d\d)(?:, |$)", answer.headers["Server-Timing"])
    assert [name for name, _ in named] == ["gateway", "service", "database"]
    gateway, service, database = (float(duration) for _, duration in named)
    assert gateway >= service >= database > 0


def test_nobody_else_does(stack: Stack, admin: Client, editor: Client, anonymous: Client) -> None:
    for client in (editor, anonymous):
        assert "Server-Timing" not in client.ask("GET", "/auth/me", headers=ASKING).headers
    assert "Server-Timing" not in admin.ask("GET", "/auth/me").headers
    direct = requests.get(stack.service_url("users") + "/auth/me", headers=ASKING, timeout=30)
    assert direct.status_code == 401
    assert "Server-Timing" not in direct.headers


@pytest.fixture
def database(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A database within a request, with statements logged as slow from 10 ms."""
    monkeypatch.setenv("SLOW_QUERY_MS", "10")
    with Flask("slow").test_request_context("/slow/7", method="POST"):
        g.route = "/slow/<id>"
        yield Database(stack.database_url("catalog"), {})


def _slow(log: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """Return the log lines of the test's own statement: on a busy machine others are slow too."""
    slow = [record for record in log.records if record.name == "bunko.slow"]
    return [record for record in slow if "pg_sleep" in vars(record)["statement"]]


def test_a_slow_statement_is_logged_with_its_route_and_without_its_parameters(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    server_timing.spent.database = 0
    with database.reading() as connection:
        connection.execute(text("SELECT 1"))
        connection.execute(SLEEP, SLEEPY)
    (record,) = _slow(caplog)
    facts = vars(record)
    assert (facts["method"], facts["route"]) == ("POST", "/slow/<id>")
    assert facts["statement"] == "SELECT pg_sleep(%(seconds)s), %(secret)s"
    assert facts["ms"] >= 20
    assert "canary" not in str(facts)
    assert server_timing.spent.database >= facts["ms"]


def test_so_is_one_that_was_cut_short(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    def work(connection: Connection) -> None:
        connection.execute(text("SET LOCAL statement_timeout = '30ms'"))
        connection.execute(SLEEP, SLEEPY | {"seconds": 30})

    with pytest.raises(DBAPIError):
        database.write(work)
    (record,) = _slow(caplog)
    assert vars(record)["ms"] >= 30
    assert "canary" not in str(vars(record))


def test_nothing_is_slow_where_that_is_turned_off(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SLOW_QUERY_MS", "0")
    with Database(stack.database_url("catalog"), {}).autocommit() as connection:
        connection.execute(SLEEP, SLEEPY)
    assert _slow(caplog) == []

"""Prepared queries: compiled once, without SQLAlchemy, and planned once by each connection."""

import logging

import psycopg2
import pytest
from sqlalchemy import BigInteger, Text, bindparam, cast, column, func, select, text, true

from deploy.stack.stack import Stack
from shared.errors import UNAVAILABLE
from shared.postgres.engine import Database
from shared.postgres.prepared import PreparedQuery

SUM = select(cast(bindparam("one"), BigInteger) + 1, cast(bindparam("word"), Text))


@pytest.fixture
def database(stack: Stack) -> Database:
    """A database with one connection."""
    return Database(stack.database_url("catalog"), {}, connections=1)


@pytest.mark.parametrize("planned_once", [False, True])
def test_a_question_is_answered_for_the_values_it_comes_with(database: Database, planned_once: bool) -> None:
    question = PreparedQuery(SUM, planned_once=planned_once)
    for number, word in ((1, "one"), (2, "ふたつ"), (2**53, "50 % of it's \\ %s")):
        assert database.fetch_all(question, {"one": number, "word": word}) == [(number + 1, word.encode())]


def test_a_question_may_be_planned_once_for_all_values(database: Database) -> None:
    question = PreparedQuery(SUM, planned_once=True)
    for number in range(7):
        database.fetch_all(question, {"one": number, "word": ""})
    with database.autocommit() as connection:
        plans = connection.execute(text("SELECT generic_plans, custom_plans FROM pg_prepared_statements"))
        assert plans.all() == [(7, 0)]


def test_what_asks_leaves_the_connection_as_transactions_need_it(database: Database) -> None:
    database.fetch_all(PreparedQuery(select(true())), {})
    number = text("SELECT pg_current_xact_id()::text")
    first, second = database.write(
        lambda db: (db.execute(number).scalar_one(), db.execute(number).scalar_one())
    )
    assert first == second


def test_a_connection_that_ends_meanwhile_is_an_outage_and_is_replaced(database: Database) -> None:
    own_end = PreparedQuery(
        select(func.pg_terminate_backend(func.pg_backend_pid()), func.pg_sleep(60)), planned_once=True
    )
    for _ in range(2):
        with pytest.raises(psycopg2.Error) as error:
            database.fetch_all(own_end, {})
        assert database.refusal(error.value) is UNAVAILABLE
    assert database.fetch_all(PreparedQuery(SUM, planned_once=True), {"one": 1, "word": ""}) == [(2, b"")]


def test_one_that_is_cut_short_is_an_outage_and_its_connection_stays(database: Database) -> None:
    backend = PreparedQuery(select(func.pg_backend_pid()))
    before = database.fetch_all(backend, {})
    with pytest.raises(psycopg2.Error) as error:
        database.fetch_all(
            PreparedQuery(select(func.pg_cancel_backend(func.pg_backend_pid()), func.pg_sleep(60))), {}
        )
    assert database.refusal(error.value) is UNAVAILABLE
    assert database.fetch_all(backend, {}) == before


def test_what_is_asked_wrongly_is_a_fault(database: Database) -> None:
    with pytest.raises(psycopg2.Error) as error:
        database.fetch_all(PreparedQuery(select(column("no_such_column"))), {})
    assert database.refusal(error.value) is None


def test_a_slow_one_is_logged_by_its_text(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SLOW_QUERY_MS", "10")
    sleep = select(func.pg_sleep(bindparam("canary")))
    Database(stack.database_url("catalog"), {}).fetch_all(
        PreparedQuery(sleep, planned_once=True), {"canary": 0.0321}
    )
    slow: list[logging.LogRecord] = [record for record in caplog.records if record.name == "bunko.slow"]
    assert vars(slow[-1])["statement"] == "SELECT pg_sleep($1) AS pg_sleep_1"
    assert vars(slow[-1])["ms"] >= 32
    assert "0.0321" not in str(vars(slow[-1]))

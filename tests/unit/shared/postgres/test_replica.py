"""Requests that a replica may answer, by its position and its primary's."""

from typing import Any, cast

import psycopg2
import pytest

from shared import read_your_writes
from shared.errors import NOT_FOUND
from shared.postgres.replica import LATEST_SECONDS, Replica


class Server:
    """A server whose WAL has reached a position."""

    def __init__(self) -> None:
        self.at = 0

    def position(self) -> int:
        return self.at


class Pair:
    """The positions of a primary and its replica at one time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr("shared.postgres.replica.time.monotonic", lambda: self.now)
        self.primary, self.standby = Server(), Server()
        self.replica = Replica(cast("Any", self.standby), cast("Any", self.primary))

    def look(self, *, primary: int, standby: int, after: float = 0.5) -> None:
        self.now += after
        self.primary.at, self.standby.at = primary, standby
        self.replica.poll()


@pytest.fixture
def pair(monkeypatch: pytest.MonkeyPatch) -> Pair:
    return Pair(monkeypatch)


def test_nobody_is_answered_before_it_is_known_how_far_it_is(pair: Pair) -> None:
    assert not pair.replica.may_answer(0)


def test_it_answers_those_whose_writes_it_holds(pair: Pair) -> None:
    pair.look(primary=100, standby=100)
    assert pair.replica.may_answer(0)
    assert pair.replica.may_answer(100)
    assert not pair.replica.may_answer(101)
    assert not pair.replica.may_answer(read_your_writes.UNBOUNDED)
    pair.look(primary=200, standby=150)
    assert pair.replica.may_answer(150)
    assert not pair.replica.may_answer(151)


def test_one_that_follows_at_a_distance_answers_and_one_that_stands_still_does_not_for_long(
    pair: Pair,
) -> None:
    pair.look(primary=100, standby=100)
    for step in range(1, 200):
        pair.look(primary=100 + step, standby=100 + step - 4)
        assert pair.replica.may_answer(100 + step - 4)
    standing, late = 295, 0
    for step in range(1, 200):
        pair.look(primary=300 + step, standby=standing)
        late += not pair.replica.may_answer(0)
    assert 200 - LATEST_SECONDS / 0.5 <= late < 150
    pair.look(primary=500, standby=500)
    assert pair.replica.may_answer(500)


def test_it_is_late_before_a_client_has_forgotten_what_it_wrote() -> None:
    assert LATEST_SECONDS < read_your_writes.SECONDS


def test_a_look_is_believed_for_a_moment(pair: Pair) -> None:
    pair.look(primary=100, standby=100)
    pair.now += 2.9
    assert pair.replica.may_answer(0)
    pair.now += 0.2
    assert not pair.replica.may_answer(0)


def test_after_a_failure_nobody_asks_it_until_the_next_look(pair: Pair) -> None:
    pair.look(primary=100, standby=100)
    assert not pair.replica.failed(NOT_FOUND)
    assert pair.replica.may_answer(0)
    assert pair.replica.failed(psycopg2.OperationalError("gone"))
    assert not pair.replica.may_answer(0)
    pair.look(primary=100, standby=100)
    assert pair.replica.may_answer(0)


@pytest.mark.parametrize(
    ("header", "position"),
    [
        ("bunkoWritten=42", "42"),
        ("refreshToken=x; bunkoWritten=42; y=z", "42"),
        ("xbunkoWritten=42", None),
        ("bunkoWritten=4x", None),
        ("bunkoWritten=" + "9" * 20, None),
        ("bunkoWritten=", None),
        ("", None),
    ],
)
def test_a_cookie_that_is_no_position_is_none(header: str, position: str | None) -> None:
    assert read_your_writes.read_cookie(header) == position

"""How the gateway looks after the programs: seldom, with a signature, and whatever they answer."""

import time

import pytest

from shared.about import PATH
from tests.door import Door, Exchange, Opening, until

WELL = b'{"ready": true, "version": "1", "started": "2026-01-31T12:00:00Z", "schema": null}'


@pytest.fixture(scope="module")
def watching(opening: Opening) -> Door:
    """A gateway that looks every second."""
    door = opening.open(STATUS_SECONDS="1")
    for program in door.services.values():
        program.answers[PATH] = lambda exchange: exchange.send(200, WELL)
    return door


def state(door: Door, name: str) -> str:
    document = door.ask("GET", "/status", headers={"Accept": "application/json"}).json()
    (state,) = (service["state"] for service in document["services"] if service["name"] == name)
    return str(state)


def test_many_readers_ask_a_service_no_more_than_one(watching: Door) -> None:
    catalog = watching["catalog"]
    until(lambda: state(watching, "catalog") == "ready", seconds=30)
    catalog.asked.clear()
    began = time.monotonic()
    for _ in range(100):
        state(watching, "catalog")
    asked = list(catalog.asked)
    assert len(asked) <= time.monotonic() - began + 2
    assert {request.target for request in asked} <= {PATH}


def test_who_asks_can_be_told_from_a_stranger(watching: Door) -> None:
    until(lambda: watching["media"].asked, seconds=30)
    assert watching["media"].asked[-1].identity("media").state == "anonymous"


@pytest.mark.parametrize(
    "answer",
    [
        lambda exchange: exchange.send(200, b"not a document"),
        lambda exchange: exchange.send(200, b"[]"),
        lambda exchange: exchange.send(200, b"{}"),
        lambda exchange: exchange.send(404, b"{}"),
        lambda exchange: exchange.reset(),
    ],
    ids=["no-json", "no-object", "another", "not-found", "reset"],
)
def test_what_cannot_be_used_is_no_answer(watching: Door, answer: object) -> None:
    program = watching["users"]
    well = program.answers[PATH]
    try:
        program.answers[PATH] = answer  # type: ignore[assignment]
        until(lambda: state(watching, "users") == "no answer", seconds=30)
        assert state(watching, "media") == "ready"
    finally:
        program.answers[PATH] = well
    until(lambda: state(watching, "users") == "ready", seconds=30)


def test_without_file_nodes_there_are_none(watching: Door) -> None:
    assert state(watching, "files") == "none"


def test_a_gateway_that_nobody_has_asked_yet_looks_at_once(opening: Opening) -> None:
    door = opening.open()

    def answer(exchange: Exchange) -> None:
        exchange.send(200, WELL)

    door["catalog"].answers[PATH] = answer
    assert state(door, "catalog") == "ready"
    assert state(door, "database") == "ready"

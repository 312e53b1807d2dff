"""The gateway's health polling: its rate, its signed requests, and odd answers."""

import time

import pytest

from shared.web.health import PATH
from tests.support.gateway_harness import Exchange, GatewayHarness, HarnessFactory
from tests.support.waiting import wait_until

WELL = b'{"ready": true, "version": "1", "started": "2026-01-31T12:00:00Z", "schema": null}'


@pytest.fixture(scope="module")
def watching(opening: HarnessFactory) -> GatewayHarness:
    """A gateway that polls every second."""
    door = opening.open(STATUS_SECONDS="1")
    for program in door.services.values():
        program.responder[PATH] = lambda exchange: exchange.send(200, WELL)
    return door


def state(door: GatewayHarness, name: str) -> str:
    document = door.ask("GET", "/status", headers={"Accept": "application/json"}).json()
    (state,) = (service["state"] for service in document["services"] if service["name"] == name)
    return str(state)


def test_many_readers_ask_a_service_no_more_than_one(watching: GatewayHarness) -> None:
    catalog = watching["catalog"]
    wait_until(lambda: state(watching, "catalog") == "ready", seconds=30)
    catalog.requests.clear()
    began = time.monotonic()
    for _ in range(100):
        state(watching, "catalog")
    asked = list(catalog.requests)
    assert len(asked) <= time.monotonic() - began + 2
    assert {request.target for request in asked} <= {PATH}


def test_who_asks_can_be_told_from_a_stranger(watching: GatewayHarness) -> None:
    wait_until(lambda: watching["media"].requests, seconds=30)
    assert watching["media"].requests[-1].identity("media").state == "anonymous"


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
def test_what_cannot_be_used_is_no_answer(watching: GatewayHarness, answer: object) -> None:
    program = watching["users"]
    well = program.responder[PATH]
    try:
        program.responder[PATH] = answer  # type: ignore[assignment]
        wait_until(lambda: state(watching, "users") == "no answer", seconds=30)
        assert state(watching, "media") == "ready"
    finally:
        program.responder[PATH] = well
    wait_until(lambda: state(watching, "users") == "ready", seconds=30)


def test_without_file_nodes_there_are_none(watching: GatewayHarness) -> None:
    assert state(watching, "files") == "none"


def test_a_gateway_that_nobody_has_asked_yet_looks_at_once(opening: HarnessFactory) -> None:
    door = opening.open()

    def answer(exchange: Exchange) -> None:
        exchange.send(200, WELL)

    door["catalog"].responder[PATH] = answer
    assert state(door, "catalog") == "ready"
    assert state(door, "database") == "ready"

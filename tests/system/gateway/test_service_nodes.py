"""A service with several stub nodes behind a real gateway: load balancing and failover."""

import json
from functools import partial

import pytest

from tests.support.gateway_harness import Exchange, GatewayHarness, HarnessFactory, PlayedService
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def pair(opening: HarnessFactory) -> tuple[GatewayHarness, list[PlayedService]]:
    """A gateway and its two nodes of the catalogue; every other service has one."""
    played = [opening.play(), opening.play()]
    others = {name: opening.play().url for name in ("media", "users")}
    upstreams = {"catalog": ", ".join(node.url for node in played)} | others
    return opening.open(UPSTREAMS=json.dumps(upstreams)), played


@pytest.fixture
def two(pair: tuple[GatewayHarness, list[PlayedService]], opening: HarnessFactory) -> GatewayHarness:
    """The gateway with both nodes back; earlier requests and responders are cleared."""
    door, played = pair
    for number, node in enumerate(played):
        if node.socket.fileno() < 0:
            played[number] = opening.play(node.server_port)
        played[number].responder.clear()
        wait_until(partial(_is_asked, door, played[number]), 30)
    for node in played:
        node.requests.clear()
    return door


def _is_asked(door: GatewayHarness, node: PlayedService) -> bool:
    door.ask("GET", "/volumes/1")
    return bool(node.requests)


@pytest.fixture
def nodes(
    two: GatewayHarness, pair: tuple[GatewayHarness, list[PlayedService]]
) -> list[PlayedService]:  # both are in
    """The two nodes."""
    return pair[1]


def statuses(door: GatewayHarness, count: int) -> set[int]:
    """Send so many requests, reads and changes in turn."""
    methods = ("GET", "POST", "DELETE")
    return {door.ask(methods[number % 3], "/volumes/1", json={}).status_code for number in range(count)}


def reset(exchange: Exchange) -> None:
    exchange.reset()


def test_requests_are_spread_over_a_services_nodes(two: GatewayHarness, nodes: list[PlayedService]) -> None:
    assert statuses(two, 12) == {200}
    assert [len(node.requests) for node in nodes] == [6, 6]
    assert {asked.identity("catalog").state for node in nodes for asked in node.requests} == {"anonymous"}


def test_a_dead_node_is_noticed_by_nobody_until_it_is_back(
    two: GatewayHarness, nodes: list[PlayedService], opening: HarnessFactory
) -> None:
    port = nodes[0].server_port
    nodes[0].stop()
    assert statuses(two, 18) == {200}
    assert len(nodes[1].requests) == 18
    assert f"{nodes[0].url} is out" in two.log()
    nodes[0] = back = opening.play(port)
    wait_until(lambda: "is back" in two.log(), 30)
    back.requests.clear()
    assert statuses(two, 12) == {200}
    assert len(back.requests) == 6


def test_an_answer_that_one_node_lost_is_asked_of_the_other_only_where_that_changes_nothing(
    two: GatewayHarness, nodes: list[PlayedService]
) -> None:
    nodes[0].responder["/volumes/1"] = reset
    assert {two.ask("GET", "/volumes/1").status_code for _ in range(6)} == {200}
    assert (len(nodes[0].requests), len(nodes[1].requests)) == (3, 6)
    for node in nodes:
        node.requests.clear()
    assert sorted(two.ask("POST", "/volumes/1", json={}).status_code for _ in range(4)) == [
        200,
        200,
        503,
        503,
    ]
    assert [len(node.requests) for node in nodes] == [2, 2]


def test_with_every_node_away_the_first_that_is_back_is_found_at_once(
    two: GatewayHarness, nodes: list[PlayedService], opening: HarnessFactory
) -> None:
    ports = [node.server_port for node in nodes]
    for node in nodes:
        node.stop()
    assert statuses(two, 12) == {503}
    nodes[:] = [opening.play(port) for port in ports]
    assert statuses(two, 6) == {200}


def test_the_document_is_had_of_the_node_that_is_there(
    two: GatewayHarness, nodes: list[PlayedService]
) -> None:
    nodes[0].stop()
    nodes[1].responder["/openapi.json"] = lambda exchange: exchange.send(200, b'{"paths": {}}')
    for _ in range(2):
        # The other stubs serve no document; only the called node counts here.
        two.ask("GET", "/openapi.json")
    assert [asked.target for asked in nodes[1].requests] == ["/openapi.json"] * 2

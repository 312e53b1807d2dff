"""Calls from one program to another with several stub nodes."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from shared.errors import Refusal
from shared.rpc.client import ANONYMOUS_CALLER, ServiceClients
from shared.rpc.endpoints import Endpoints
from tests.support.gateway_harness import KEYS, Exchange, PlayedService
from tests.support.waiting import wait_until


@pytest.fixture
def nodes() -> Iterator[list[PlayedService]]:
    """Two stub nodes of the catalogue."""
    with ExitStack() as held:
        played = [PlayedService(), PlayedService()]
        for node in played:
            held.callback(node.stop)
        yield played


@pytest.fixture
def peers(nodes: list[PlayedService]) -> ServiceClients:
    """The catalogue as a file node calls it."""
    return ServiceClients(
        "files", {"catalog": Endpoints(",".join(node.url for node in nodes))}, KEYS, timeout=0.5
    )


def call(peers: ServiceClients, method: str) -> int:
    try:
        peers.call("catalog", method, "/internal/x?y=1", identity=ANONYMOUS_CALLER, body={})
    except Refusal as refusal:
        return refusal.status
    return 200


def reset(exchange: Exchange) -> None:
    exchange.reset()


def test_calls_are_spread_and_a_dead_node_is_noticed_by_nobody(
    nodes: list[PlayedService], peers: ServiceClients
) -> None:
    assert {call(peers, method) for method in ("GET", "POST") * 3} == {200}
    assert [len(node.requests) for node in nodes] == [3, 3]
    port = nodes[0].server_port
    nodes[0].stop()
    assert {call(peers, method) for method in ("GET", "POST") * 6} == {200}
    assert len(nodes[1].requests) == 15
    nodes[0] = back = PlayedService(port)
    wait_until(lambda: call(peers, "POST") == 200 and len(back.requests) > 1)
    assert "/internal/x?y=1" in {asked.target for asked in back.requests}


def test_a_lost_answer_is_asked_for_elsewhere_only_where_that_changes_nothing(
    nodes: list[PlayedService], peers: ServiceClients
) -> None:
    nodes[0].responder["/internal/x"] = reset
    assert {call(peers, "GET") for _ in range(6)} == {200}
    assert sorted(call(peers, "POST") for _ in range(4)) == [200, 200, 503, 503]
    assert (len(nodes[0].requests), len(nodes[1].requests)) == (5, 8)


def test_an_answer_that_does_not_come_is_never_asked_for_again(
    nodes: list[PlayedService], peers: ServiceClients
) -> None:
    for node in nodes:
        node.responder["/internal/x"] = lambda exchange: exchange.rfile.read(1)
    assert call(peers, "GET") == 503
    assert sum(len(node.requests) for node in nodes) == 1


def test_with_every_node_away_the_call_is_refused(nodes: list[PlayedService], peers: ServiceClients) -> None:
    for node in nodes:
        node.stop()
    assert {call(peers, "GET") for _ in range(8)} == {503}

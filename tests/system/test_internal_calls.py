"""Calls from one program to another that has several nodes, which the test plays."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from shared.internal import NOBODY, Peers
from shared.places import Places
from shared.refusals import Refusal
from tests.door import KEYS, Exchange, Played
from tests.runner import eventually


@pytest.fixture
def nodes() -> Iterator[list[Played]]:
    """Two nodes of the catalogue."""
    with ExitStack() as held:
        played = [Played(), Played()]
        for node in played:
            held.callback(node.stop)
        yield played


@pytest.fixture
def peers(nodes: list[Played]) -> Peers:
    """The catalogue as a file node calls it."""
    return Peers("files", {"catalog": Places(",".join(node.url for node in nodes))}, KEYS, timeout=0.5)


def call(peers: Peers, method: str) -> int:
    try:
        peers.call("catalog", method, "/internal/x?y=1", identity=NOBODY, body={})
    except Refusal as refusal:
        return refusal.status
    return 200


def reset(exchange: Exchange) -> None:
    exchange.reset()


def test_calls_are_spread_and_a_dead_node_is_noticed_by_nobody(nodes: list[Played], peers: Peers) -> None:
    assert {call(peers, method) for method in ("GET", "POST") * 3} == {200}
    assert [len(node.asked) for node in nodes] == [3, 3]
    port = nodes[0].server_port
    nodes[0].stop()
    assert {call(peers, method) for method in ("GET", "POST") * 6} == {200}
    assert len(nodes[1].asked) == 15
    nodes[0] = back = Played(port)
    eventually(lambda: call(peers, "POST") == 200 and len(back.asked) > 1)
    assert "/internal/x?y=1" in {asked.target for asked in back.asked}


def test_a_lost_answer_is_asked_for_elsewhere_only_where_that_changes_nothing(
    nodes: list[Played], peers: Peers
) -> None:
    nodes[0].answers["/internal/x"] = reset
    assert {call(peers, "GET") for _ in range(6)} == {200}
    assert sorted(call(peers, "POST") for _ in range(4)) == [200, 200, 503, 503]
    assert (len(nodes[0].asked), len(nodes[1].asked)) == (5, 8)


def test_an_answer_that_does_not_come_is_never_asked_for_again(nodes: list[Played], peers: Peers) -> None:
    for node in nodes:
        node.answers["/internal/x"] = lambda exchange: exchange.rfile.read(1)
    assert call(peers, "GET") == 503
    assert sum(len(node.asked) for node in nodes) == 1


def test_with_every_node_away_the_call_is_refused(nodes: list[Played], peers: Peers) -> None:
    for node in nodes:
        node.stop()
    assert {call(peers, "GET") for _ in range(8)} == {503}

"""File routes go to file nodes: which node gets a request, and what happens when nodes fail."""

import threading

import pytest

from tests.support.gateway_harness import (
    Exchange,
    GatewayHarness,
    HarnessFactory,
    PlayedService,
    echo,
)
from tests.support.upstream_failures import (
    OUT_OF_SERVICE,
    first,
    reset_at_once,
    verdict,
)
from tests.support.waiting import wait_until


@pytest.fixture
def nodes(door: GatewayHarness, opening: HarnessFactory) -> list[PlayedService]:
    """Two file nodes that are configured at the gateway."""
    played = [opening.play(), opening.play()]
    door.nodes_file.write_text("".join(f"{node.url}\n" for node in played))
    return played


def test_file_routes_go_to_file_nodes_and_other_routes_do_not(
    door: GatewayHarness, nodes: list[PlayedService]
) -> None:
    for path in ("/volumes/cover/1/front", "/media/add", "/files/a/high.webp", "/user/avatar/1"):
        for _ in range(2):
            assert door.ask("GET", path).status_code == 200
    assert [len(node.requests) for node in nodes] == [4, 4]
    assert {asked.identity("files").state for node in nodes for asked in node.requests} == {"anonymous"}
    assert door.ask("GET", "/volumes/1").status_code == 200
    assert [len(node.requests) for node in nodes] == [4, 4]


def test_a_dead_node_is_noticed_by_nobody(door: GatewayHarness, nodes: list[PlayedService]) -> None:
    nodes[0].stop()
    for method in ("POST", "DELETE", "GET") * 6:
        assert door.ask(method, "/media/add", json={"image": "x" * 5000}).status_code == 200
    assert len(nodes[1].requests) == 18
    assert all(len(asked.body) > 5000 for asked in nodes[1].requests)


def test_a_node_that_is_out_gets_nothing_until_it_is_back(
    door: GatewayHarness, nodes: list[PlayedService], opening: HarnessFactory
) -> None:
    port = nodes[0].server_port
    nodes[0].stop()
    for _ in range(8):
        door.ask("GET", "/media/add")
    assert "is out" in door.log()
    back = opening.play(port)
    wait_until(lambda: "is back" in door.log())
    back.requests.clear()
    for _ in range(8):
        door.ask("GET", "/media/add")
    assert len(back.requests) >= 3


def test_a_change_lost_by_a_node_is_not_sent_to_another(
    door: GatewayHarness, nodes: list[PlayedService]
) -> None:
    for node in nodes:
        node.responder["/media/add"] = reset_at_once
    assert verdict(door.ask("POST", "/media/add", json={})) == OUT_OF_SERVICE
    assert sum(len(node.requests) for node in nodes) == 1
    assert verdict(door.ask("GET", "/media/add")) == OUT_OF_SERVICE
    assert [len(node.requests) for node in nodes] in ([1, 2], [2, 1])


def test_an_answer_lost_by_the_only_node_is_asked_for_there_again(
    door: GatewayHarness, opening: HarnessFactory
) -> None:
    node = opening.play()
    door.nodes_file.write_text(node.url)
    node.responder["/media/image/1"] = first(reset_at_once)
    assert door.ask("GET", "/media/image/1").status_code == 200
    assert (len(node.requests), len(door["media"].requests)) == (2, 0)


@pytest.mark.parametrize("path", ["/admin-volumes/update-image/1/front", "/media/add", "/user/avatar/1"])
def test_without_nodes_the_owner_is_asked(door: GatewayHarness, path: str) -> None:
    owner = {"/adm": "catalog", "/med": "media", "/use": "users"}[path[:4]]
    assert door.ask("POST", path).status_code == 200
    assert door[owner].requests[0].identity(owner).state == "anonymous"


def test_with_every_node_dead_the_owner_is_asked_at_once(
    door: GatewayHarness, nodes: list[PlayedService]
) -> None:
    for node in nodes:
        node.stop()
    door["media"].responder["/media/add"] = lambda exchange: exchange.send(
        503, b'{"data": "This service is not handling file uploads.", "code": 503}'
    )
    statuses = [door.ask("POST", "/media/add").json()["data"] for _ in range(8)]
    # While neither is ejected, the retry goes to the other node, not to the owner.
    assert statuses[-1] == "This service is not handling file uploads."
    assert set(statuses) <= {"This service is not handling file uploads.", "Service unavailable"}
    assert door.ask("GET", "/health/files").json() == {"configured": 2, "answering": 0}


def test_a_503_of_a_node_is_an_answer_and_no_failure(
    door: GatewayHarness, nodes: list[PlayedService]
) -> None:
    for node in nodes:
        node.responder["/media/add"] = lambda exchange: exchange.send(503, b'{"data": "busy", "code": 503}')
    for _ in range(10):
        assert door.ask("POST", "/media/add").json()["data"] == "busy"
    assert [len(node.requests) for node in nodes] == [5, 5]
    assert door["media"].requests == []


def test_the_fewest_requests_under_way_decide(door: GatewayHarness, nodes: list[PlayedService]) -> None:
    done = threading.Event()

    def wait(exchange: Exchange) -> None:
        done.wait(10)
        echo(exchange)

    for node in nodes:
        node.responder["/media/add"] = wait
    waiting = threading.Thread(target=door.ask, args=("POST", "/media/add"))
    waiting.start()
    wait_until(lambda: sum(len(node.requests) for node in nodes) == 1)
    free = next(node for node in nodes if not node.requests)
    for _ in range(4):
        assert door.ask("GET", "/media/image/1").status_code == 200
    assert len(free.requests) == 4
    done.set()
    waiting.join()


def test_health_says_how_many_nodes_there_are_and_answer(
    door: GatewayHarness, nodes: list[PlayedService]
) -> None:
    assert door.ask("GET", "/health/files").json() == {"configured": 2, "answering": 2}
    nodes[0].stop()
    assert door.ask("GET", "/health/files").json() == {"configured": 2, "answering": 1}
    door.nodes_file.write_text("")
    assert door.ask("GET", "/health/files").json() == {"configured": 0, "answering": 0}

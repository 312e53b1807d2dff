"""What clients see when programs behind the gateway fail, and what is asked a second time."""

import contextlib
import threading
from collections.abc import Callable

import pytest
import requests

from gateway.admission.concurrency_limit import MAX_PER_SERVICE
from tests.support.gateway_harness import (
    Exchange,
    GatewayHarness,
    HarnessFactory,
    PlayedService,
    echo,
    received,
    wait_until,
)

OUT_OF_SERVICE = (503, "Service unavailable")


def verdict(answer: requests.Response) -> tuple[int, str]:
    """Status and text of a refusal that says when to try again."""
    document = answer.json()
    assert document["code"] == answer.status_code
    assert answer.headers["Retry-After"] == "1"
    return document["code"], document["data"]


def reset_at_once(exchange: Exchange) -> None:
    exchange.reset()


def reset_in_the_headers(exchange: Exchange) -> None:
    exchange.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Le")
    exchange.reset()


def reset_in_a_small_body(exchange: Exchange) -> None:
    exchange.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    exchange.reset()


def end_in_a_small_body(exchange: Exchange) -> None:
    exchange.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    exchange.close_connection = True


def nonsense(exchange: Exchange) -> None:
    exchange.wfile.write(b"what?\r\n\r\n")
    exchange.close_connection = True


LOSSES = [reset_at_once, reset_in_the_headers, reset_in_a_small_body, end_in_a_small_body, nonsense]


def first(failure: Callable[[Exchange], None]) -> Callable[[Exchange], None]:
    """Fail the first time, then answer."""
    pending = [failure]

    def answer(exchange: Exchange) -> None:
        (pending.pop() if pending else echo)(exchange)

    return answer


@pytest.mark.parametrize("loss", LOSSES)
def test_a_lost_answer_to_get_is_asked_for_once_more(
    door: GatewayHarness, loss: Callable[[Exchange], None]
) -> None:
    door["catalog"].responder["/volumes/1"] = first(loss)
    assert door.ask("GET", "/volumes/1").status_code == 200
    assert len(door["catalog"].requests) == 2


@pytest.mark.parametrize("loss", LOSSES)
def test_a_second_loss_is_a_503(door: GatewayHarness, loss: Callable[[Exchange], None]) -> None:
    door["catalog"].responder["/volumes/1"] = loss
    assert verdict(door.ask("GET", "/volumes/1")) == OUT_OF_SERVICE
    assert len(door["catalog"].requests) == 2


@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT", "PATCH"])
@pytest.mark.parametrize("loss", LOSSES)
def test_a_change_is_never_sent_twice(
    door: GatewayHarness, method: str, loss: Callable[[Exchange], None]
) -> None:
    door["catalog"].responder["/admin/lock"] = first(loss)
    assert verdict(door.ask(method, "/admin/lock", json={})) == OUT_OF_SERVICE
    assert len(door["catalog"].requests) == 1


def break_off_a_known_length(exchange: Exchange) -> None:
    exchange.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 70_000)
    exchange.reset()


def test_an_answer_that_breaks_off_is_not_taken_for_a_whole_one(door: GatewayHarness) -> None:
    def break_off(exchange: Exchange) -> None:
        exchange.send_response(200)
        exchange.send_header("Transfer-Encoding", "chunked")
        exchange.end_headers()
        exchange.wfile.write(b"5\r\nhello\r\n")
        exchange.reset()

    door["catalog"].responder["/volumes/1"] = break_off
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        door.ask("GET", "/volumes/1")
    door["catalog"].responder["/volumes/1"] = break_off_a_known_length
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        assert len(door.ask("GET", "/volumes/1").content) == 1_000_000
    assert "Traceback" not in door.log()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_answer_that_does_not_come_is_a_504_and_never_asked_for_again(
    door: GatewayHarness, method: str
) -> None:
    done = threading.Event()
    door["catalog"].responder["/volumes/1"] = lambda _: done.wait(10)
    answer = door.ask(method, "/volumes/1")
    done.set()
    assert verdict(answer) == (504, "Gateway timeout")
    assert len(door["catalog"].requests) == 1


def test_a_service_that_is_not_there_is_a_503_until_it_is_back(opening: HarnessFactory) -> None:
    door = opening.open()
    port = door["catalog"].server_port
    assert door.ask("POST", "/admin/lock").status_code == 200
    door["catalog"].stop()
    assert verdict(door.ask("GET", "/volumes/1")) == OUT_OF_SERVICE
    assert verdict(door.ask("POST", "/admin/lock", json={})) == OUT_OF_SERVICE
    assert door.ask("GET", "/media/1").status_code == 200
    door.services["catalog"] = opening.play(port)
    assert door.ask("POST", "/admin/lock", json={}).status_code == 200


def test_a_stalled_service_is_in_nobody_elses_way(door: GatewayHarness) -> None:
    done = threading.Event()
    door["catalog"].responder["/volumes/1"] = lambda _: done.wait(10)
    stalled = [threading.Thread(target=door.ask, args=("GET", "/volumes/1")) for _ in range(30)]
    for thread in stalled:
        thread.start()
    wait_until(lambda: len(door["catalog"].requests) == 30)
    assert all(door.ask("GET", "/media/1").status_code == 200 for _ in range(20))
    done.set()
    for thread in stalled:
        thread.join()


def test_more_requests_than_a_service_can_soon_answer_are_refused(opening: HarnessFactory) -> None:
    front = "https://front.example"
    door = opening.open(SERVICE_SECONDS="60", ALLOWED_ORIGINS=front)
    gate = threading.Event()

    def wait(exchange: Exchange) -> None:
        gate.wait(60)
        echo(exchange)

    door["catalog"].responder["/volumes/1"] = wait
    with contextlib.ExitStack() as held:
        line = [held.enter_context(door.connection(60)) for _ in range(MAX_PER_SERVICE)]
        for connection in line:
            connection.sendall(b"GET /volumes/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        wait_until(lambda: len(door["catalog"].requests) == MAX_PER_SERVICE, 20)
        answers = [door.ask(method, "/volumes/2") for method in ("GET", "POST", "GET", "DELETE")]
        assert [verdict(answer) for answer in answers] == [OUT_OF_SERVICE] * 4
        # The first is turned away before the application sees it, the second by the application.
        ready, made = ({**answer.headers} for answer in answers[:2])
        own = {"Server", "Date", "Connection", "Vary", "X-Request-Id"}
        assert ready.items() == {name: value for name, value in made.items() if name not in own}.items()
        head = door.ask("HEAD", "/volumes/2")
        assert (head.status_code, head.content) == (503, b"")
        allowed = door.ask("GET", "/volumes/2", headers={"Origin": front})
        assert verdict(allowed) == OUT_OF_SERVICE
        assert allowed.headers["Access-Control-Allow-Origin"] == front
        assert len(door["catalog"].requests) == MAX_PER_SERVICE
        for path in ("/media/1", "/user/settings", "/health/ready"):
            assert door.ask("GET", path).status_code == 200
        gate.set()
        assert all(received(connection).startswith(b"HTTP/1.1 200 ") for connection in line)
    assert door.ask("GET", "/volumes/2").status_code == 200


def test_refusals_of_a_service_pass_as_they_are(door: GatewayHarness) -> None:
    for status in (400, 401, 403, 404, 409, 413, 422, 429, 500, 503):
        door["catalog"].responder["/volumes/1"] = lambda exchange, status=status: exchange.send(  # type: ignore[misc]
            status, b'{"data": "x"}', {"Retry-After": "7"}
        )
        answer = door.ask("GET", "/volumes/1")
        assert (answer.status_code, answer.json(), answer.headers["Retry-After"]) == (
            status,
            {"data": "x"},
            "7",
        )


@pytest.fixture
def nodes(door: GatewayHarness, opening: HarnessFactory) -> list[PlayedService]:
    """Two file nodes that the gateway knows."""
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
    # While neither is known to be out, the second try goes to the other node, not to the owner.
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

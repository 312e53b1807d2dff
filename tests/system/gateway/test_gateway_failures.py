"""Answers to clients when programs behind the gateway fail, and retries."""

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
    echo,
    received,
)
from tests.support.upstream_failures import (
    LOSSES,
    OUT_OF_SERVICE,
    break_off_a_known_length,
    first,
    verdict,
)
from tests.support.waiting import wait_until


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
        # The first is refused before WSGI, the second by the application.
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

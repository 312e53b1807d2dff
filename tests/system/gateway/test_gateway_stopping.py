"""A gateway that stops or reloads."""

import signal
import threading
import time

import psutil
import pytest
import requests

from tests.support.gateway_harness import Exchange, GatewayHarness, HarnessFactory, echo
from tests.support.waiting import wait_until


@pytest.fixture
def own(opening: HarnessFactory) -> GatewayHarness:
    return opening.open()


def test_requests_under_way_are_answered_before_it_ends(own: GatewayHarness) -> None:
    go_on = threading.Event()

    def wait(exchange: Exchange) -> None:
        go_on.wait(10)
        echo(exchange)

    own["catalog"].responder["/volumes/1"] = wait
    answers: list[requests.Response] = []
    asking = threading.Thread(target=lambda: answers.append(own.ask("POST", "/volumes/1")))
    asking.start()
    wait_until(lambda: own["catalog"].requests)
    own.process.terminate()
    with pytest.raises(AssertionError):  # it waits for the answer, longer than for idle connections
        wait_until(lambda: own.process.poll() is not None, seconds=3)
    go_on.set()
    asking.join()
    assert [answer.status_code for answer in answers] == [200]
    wait_until(lambda: own.process.poll() is not None)


def test_a_connection_that_is_only_kept_open_does_not_hold_up_its_end(own: GatewayHarness) -> None:
    with requests.Session() as session, own.connection():
        assert session.get(own.address + "/volumes/1", timeout=30).status_code == 200
        own.process.terminate()
        wait_until(lambda: own.process.poll() is not None, seconds=20)


@pytest.mark.slow
def test_starting_anew_loses_no_request(own: GatewayHarness) -> None:
    """Twenty clients send requests on kept-alive connections while every worker is replaced three times."""
    stopping = threading.Event()
    failures: list[object] = []
    answered = []

    def keep_asking() -> None:
        with requests.Session() as session:
            while not stopping.is_set():
                try:
                    answer = session.post(own.address + "/admin/lock", json={}, timeout=20)
                    answered.append(answer.status_code)
                    if answer.status_code != 200:
                        failures.append(answer.text)
                except requests.RequestException as error:
                    failures.append(error)

    clients = [threading.Thread(target=keep_asking) for _ in range(20)]
    for client in clients:
        client.start()
    for _ in range(3):
        (worker,) = psutil.Process(own.process.pid).children()
        own.process.send_signal(signal.SIGHUP)
        wait_until(lambda: not worker.is_running(), seconds=20)  # noqa: B023  # called at once
        wait_until(lambda enough=len(answered) + 50: len(answered) > enough, seconds=20)  # type: ignore[misc]  # noqa: B008
    stopping.set()
    for client in clients:
        client.join()
    assert failures == []
    assert len(own["catalog"].requests) == len(answered)


def test_a_killed_worker_is_replaced(own: GatewayHarness) -> None:

    (worker,) = psutil.Process(own.process.pid).children()
    worker.kill()
    began = time.monotonic()
    wait_until(lambda: _answers(own))
    assert time.monotonic() - began < 5


def _answers(door: GatewayHarness) -> bool:
    try:
        return door.ask("GET", "/health/live", timeout=1).status_code == 200
    except requests.RequestException:
        return False

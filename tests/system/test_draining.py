"""A service that shuts down, seen by a caller with kept-alive connections."""

import contextlib
import http.client
import os
import signal
import subprocess
from collections.abc import Iterator

import pytest

from deploy.installation.configuration import ROOT
from deploy.running import programs
from deploy.stack.stack import Stack
from shared.rpc.keepalive import KeepAliveConnection
from tests.support.waiting import wait_until


class Service:
    """A catalog service beside the stack's."""

    def __init__(self, stack: Stack) -> None:
        settings = stack.settings("catalog") | {"BIND": "127.0.0.1:0", "LOG_LEVEL": "INFO"}
        command = programs.command("catalog", settings)
        self.process = subprocess.Popen(
            [*command.words, "--log-level", "info"],
            cwd=ROOT,
            env=dict(command.environment),
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        self.port = self._port()

    def _port(self) -> int:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if "Listening at" in line:
                return int(line.split("http://127.0.0.1:")[1].split()[0])
        raise AssertionError("it does not listen")

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)


@pytest.fixture
def service(stack: Stack) -> Iterator[Service]:
    started = Service(stack)
    yield started
    with contextlib.suppress(ProcessLookupError):
        os.killpg(started.process.pid, signal.SIGKILL)
    started.process.communicate()


def _ask(connection: http.client.HTTPConnection, path: str) -> tuple[int, str | None]:
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    return answer.status, answer.getheader("Connection")


def test_a_draining_service_is_alive_but_not_ready_and_ends_each_connection_with_an_answer(
    service: Service,
) -> None:
    asking, watching, idle = (service.connect() for _ in range(3))
    for connection in (asking, watching, idle):
        assert _ask(connection, "/health/ready") == (200, "keep-alive")
    service.process.send_signal(signal.SIGTERM)
    wait_until(lambda: _ask(watching, "/health/ready") == (503, "close"))
    assert _ask(asking, "/health/live") == (200, "close")
    assert idle.sock is not None
    assert idle.sock.recv(1) == b"", "it closes what stays idle"
    assert service.process.wait(20) == 0


def test_a_connection_that_was_promised_to_stay_open_takes_another_request(service: Service) -> None:
    """The answer to a request before the signal may not close the connection."""
    connection = service.connect()
    connection.putrequest("POST", "/admin-series/add")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", "2")
    connection.endheaders()
    watching = service.connect()
    assert _ask(watching, "/health/live")[0] == 200
    service.process.send_signal(signal.SIGTERM)
    wait_until(lambda: _ask(watching, "/health/ready")[0] == 503)
    connection.send(b"{}")
    answer = connection.getresponse()
    answer.read()
    assert (answer.status, answer.getheader("Connection")) == (401, "keep-alive")
    assert _ask(connection, "/health/live") == (200, "close")
    assert service.process.wait(20) == 0


def test_a_caller_leaves_alone_what_was_idle_too_long(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = KeepAliveConnection("127.0.0.1", service.port, timeout=20)
    connection.request("GET", "/health/live")
    assert connection.getresponse().status == 200
    assert connection.is_connected
    monkeypatch.setattr("shared.rpc.keepalive.IDLE_SECONDS", 0)
    assert not connection.is_connected

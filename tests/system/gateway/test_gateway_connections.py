"""The limit on open connections for each client address."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from gateway.admission.connection_limit import ConnectionLimit
from tests.support.gateway_harness import GatewayHarness, HarnessFactory, answered, received
from tests.support.waiting import wait_until

LIMIT = 20
USUAL = b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def limited(opening: HarnessFactory) -> GatewayHarness:
    return opening.open(CONNECTIONS_PER_ADDRESS=str(LIMIT))


@pytest.fixture
def held() -> Iterator[ExitStack]:
    """Holds connections until the test ends."""
    with ExitStack() as stack:
        yield stack


def connection(door: GatewayHarness, source: str) -> socket.socket:
    """A connection from a given address of this machine."""
    return socket.create_connection(("127.0.0.1", door.port), timeout=30, source_address=(source, 0))


def ask(door: GatewayHarness, source: str) -> bytes:
    with connection(door, source) as opened:
        opened.sendall(USUAL)
        return received(opened)


def hold(door: GatewayHarness, held: ExitStack, source: str, number: int) -> None:
    """Open connections, each in the middle of a head."""
    for _ in range(number):
        held.enter_context(connection(door, source)).sendall(USUAL[:-2])


def test_who_holds_many_keeps_nobody_else_out(limited: GatewayHarness, held: ExitStack) -> None:
    hold(limited, held, "127.0.0.2", LIMIT)
    wait_until(lambda: ask(limited, "127.0.0.2").startswith(b"HTTP/1.1 429 "))
    answer = ask(limited, "127.0.0.2")
    assert answered(answer) == (429, {"data": "Too many requests.", "code": 429})
    assert b"\r\nRetry-After: 1\r\n" in answer
    assert ask(limited, "127.0.0.3").startswith(b"HTTP/1.1 200 ")
    held.close()
    wait_until(lambda: ask(limited, "127.0.0.2").startswith(b"HTTP/1.1 200 "))
    wait_until(lambda: "refused" in limited.log())


def test_behind_a_proxy_that_is_believed_there_is_none(opening: HarnessFactory, held: ExitStack) -> None:
    """All connections come from the proxy, which limits those of its clients."""
    door = opening.open(CONNECTIONS_PER_ADDRESS="2", TRUSTED_PROXIES="1")
    hold(door, held, "127.0.0.2", 10)
    assert ask(door, "127.0.0.2").startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("settings", [{"CONNECTIONS_PER_ADDRESS": "0"}, {"RATE_LIMITS": "off"}])
def test_it_can_be_turned_off(opening: HarnessFactory, held: ExitStack, settings: dict[str, str]) -> None:
    door = opening.open(**{"CONNECTIONS_PER_ADDRESS": "2"} | settings)
    hold(door, held, "127.0.0.2", 10)
    assert ask(door, "127.0.0.2").startswith(b"HTTP/1.1 200 ")


def test_connections_of_one_network_of_ipv6_count_together() -> None:
    limit = ConnectionLimit(2)
    first, second = (limit.admit((f"2001:db8::{number}", 1, 0, 0)) for number in (1, 2))
    assert first == second
    assert limit.admit(("2001:db8::3", 1, 0, 0)) is None
    assert limit.admit(("2001:db8:0:1::3", 1, 0, 0))
    assert first
    limit.release(first)
    assert limit.admit(("2001:db8::3", 1, 0, 0))


def test_connections_of_a_local_socket_do_not_count() -> None:
    limit = ConnectionLimit(1)
    assert [limit.admit("") for _ in range(3)] == ["", "", ""]

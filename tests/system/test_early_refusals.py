"""Uploads refused by their head: the answer comes before the client sends the body."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from deploy.stack.stack import Stack
from files.decoding.slots import QUEUE, SLOTS
from tests.support.client import Client
from tests.support.errors import FORBIDDEN, UNAUTHORIZED
from tests.support.nginx import MISSING, NGINX, nginx_before
from tests.support.pictures import base64_of, quarters
from tests.support.upload_heads import answer_of, opened, read_head
from tests.support.waiting import wait_until

PLACES = SLOTS + QUEUE
LEAVE = "HTTP/1.1 100 Continue"
PATHS = [
    "/media/add",
    "/admin-volumes/update-image/1/front",
    "/user/update-image/1",
    "/admin-users/update-image/1",
]
LARGE = json.dumps(
    {"name": "x", "tags": [], "image": base64_of(quarters()), "rest": "x" * 2_000_000}
).encode()


@pytest.fixture(scope="module", params=["gateway", "nginx"])
def address(stack: Stack, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of the gateway, and of an nginx in front of it."""
    if request.param == "gateway":
        yield stack.address
        return
    if NGINX is None:
        pytest.skip(MISSING)
    with nginx_before(stack) as found:
        yield found


def cookie(client: Client) -> str:
    return str(client.session.cookies["refreshToken"])


def is_taken(client: Client) -> bool:
    headers = {"Content-Type": "application/json"}
    return client.ask("POST", "/media/add", data=LARGE, headers=headers).status_code == 200


@pytest.mark.parametrize("path", PATHS)
def test_who_is_not_signed_in_is_told_so(address: str, path: str) -> None:
    with opened(address, path) as connection:
        status, _, document = answer_of(connection)
        assert (status, document["data"]) == UNAUTHORIZED


@pytest.mark.parametrize("path", PATHS)
def test_who_may_not_is_told_so(address: str, path: str, powerless: Client) -> None:
    with opened(address, path, cookie=cookie(powerless)) as connection:
        status, _, document = answer_of(connection)
        assert (status, document["data"]) == FORBIDDEN


def test_who_sends_no_length_is_told_so_too(stack: Stack, powerless: Client) -> None:
    with opened(stack.address, cookie=cookie(powerless), length=None) as connection:
        assert answer_of(connection)[0] == 403


def test_what_is_too_large_is_refused(address: str, admin: Client) -> None:
    with opened(address, cookie=cookie(admin), length=32 * 1024 * 1024 + 1) as connection:
        assert read_head(connection)[0].startswith("HTTP/1.1 413 ")  # nginx words this refusal itself


def fill(stack: Stack, admin: Client, connections: ExitStack) -> list[socket.socket]:
    """Return uploads that take all slots of the node and have sent no body yet."""
    filled: list[socket.socket] = []

    def is_full() -> bool:
        for connection in filled:
            connection.close()
        filled[:] = [
            connections.enter_context(
                opened(
                    stack.address, cookie=cookie(admin), length=len(LARGE), more="Expect: 100-continue\r\n"
                )
            )
            for _ in range(PLACES)
        ]
        return all(read_head(connection)[0] == LEAVE for connection in filled)

    wait_until(is_full)
    return filled


def test_who_finds_no_place_is_told_so(stack: Stack, address: str, admin: Client) -> None:
    """Also while the admitted uploads send nothing, but not for long."""
    with ExitStack() as connections:
        filled = fill(stack, admin, connections)
        with opened(address, cookie=cookie(admin)) as connection:
            status, headers, _ = answer_of(connection)
            assert (status, headers["retry-after"]) == (503, "2")
        for connection in filled[1:]:
            connection.close()
        filled[0].sendall(LARGE)
        assert answer_of(filled[0])[0] == 200
    with ExitStack() as connections:
        fill(stack, admin, connections)
        wait_until(lambda: is_taken(admin))


def test_who_waits_for_leave_to_send_the_body_gets_it_or_the_refusal(
    stack: Stack, admin: Client, powerless: Client
) -> None:
    waits = "Expect: 100-continue\r\n"
    with opened(stack.address, cookie=cookie(powerless), more=waits) as connection:
        assert answer_of(connection)[0] == 403
    with opened(stack.address, cookie=cookie(admin), length=len(LARGE), more=waits) as connection:
        assert read_head(connection) == (LEAVE, b"")
        connection.sendall(LARGE)
        assert answer_of(connection)[0] == 200

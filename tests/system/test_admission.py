"""Admission of uploads at a file node: decided before a body is read; refusals come without delay."""

import json
import select
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import pytest

from deploy.stack.stack import Stack
from files.decoding.slots import QUEUE, SLOTS
from shared.identity import tokens
from shared.identity.tokens import Caller, Identity, TokenTarget
from tests.support.file_nodes import FileNode, file_node
from tests.support.internal_client import InternalClient
from tests.support.pictures import base64_of, quarters
from tests.support.waiting import wait_until

PATH = "/media/add"
BODY = json.dumps({"name": "x", "tags": [], "image": base64_of(quarters())}).encode()
LIMIT = 32 * 1024 * 1024


@pytest.fixture(scope="module")
def node(stack: Stack) -> Iterator[FileNode]:
    with file_node(stack) as running:
        yield running


@pytest.fixture
def editor(node: FileNode) -> InternalClient:
    return node.program.called_by("gateway", "add-media")


@contextmanager
def upload(
    node: FileNode, *, permissions: str | None = "add-media", length: int = len(BODY)
) -> Iterator[socket.socket]:
    """Open an upload that has sent its head and no body."""
    caller = (
        Caller(7, "somebody", "session", frozenset(permissions.split())) if permissions is not None else None
    )
    identity = Identity("user" if caller else "anonymous", "192.0.2.1", caller)
    target = TokenTarget("files", "POST", PATH)
    token = tokens.sign(identity, target, issuer="gateway", key=node.program.keys["gateway"])
    place = urlsplit(node.program.url)
    with socket.create_connection((place.hostname, place.port), timeout=30) as connection:
        head = (
            f"POST {PATH} HTTP/1.1\r\nHost: {place.netloc}\r\n{tokens.HEADER}: {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        )
        connection.sendall(head.encode())
        yield connection


def head_of(connection: socket.socket) -> str:
    """Return the status and the headers of an answer."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(4096)
        assert piece, received
        received += piece
    return received.decode()


def test_who_may_not_is_told_before_anything_is_read(node: FileNode) -> None:
    for permissions, status in ((None, 401), ("", 403), ("edit-volumes view-media", 403)):
        with upload(node, permissions=permissions) as connection:
            assert f" {status} " in head_of(connection).splitlines()[0]


def test_a_body_that_is_too_large_is_refused_by_its_length(node: FileNode) -> None:
    with upload(node, length=LIMIT + 1) as connection:
        assert " 413 " in head_of(connection).splitlines()[0]


def test_when_slots_and_queue_are_full_the_rest_is_refused_at_once_and_pictures_are_shown(
    node: FileNode, editor: InternalClient
) -> None:
    """The admitted uploads have sent no body, so they keep their slots until the test ends."""
    with ExitStack() as uploads:
        inside = {uploads.enter_context(upload(node)) for _ in range(SLOTS + QUEUE + 3)}
        refused: list[str] = []
        while len(refused) < 3:
            for connection in select.select(inside, [], [], 30)[0]:
                inside.remove(connection)
                refused.append(head_of(connection))
        for head in refused:
            assert " 503 " in head.splitlines()[0]
            assert "Retry-After: " in head
        assert editor.send("GET", f"/files/{'0' * 32}/high.webp")[0] == 404
        for connection in inside:
            connection.sendall(BODY)
        assert [head_of(connection).split()[1] for connection in inside] == ["200"] * (SLOTS + QUEUE)
    assert editor.send("POST", PATH, **json.loads(BODY))[0] == 200


def test_an_upload_that_breaks_off_gives_its_slot_back(node: FileNode, editor: InternalClient) -> None:
    for _ in range(2 * (SLOTS + QUEUE)):
        with upload(node) as connection:
            connection.sendall(BODY[:100])
    # The node notices the last ones only at its next read from them.
    wait_until(lambda: editor.send("POST", PATH, **json.loads(BODY))[0] == 200)

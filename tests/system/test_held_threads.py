"""A client, even without the gateway, holds a thread of a program for a bounded time."""

import json
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from deploy.stack.stack import Stack
from shared.identity import tokens
from tests.support.internal_client import Program
from tests.support.programs import Mortal, mortal
from tests.support.stalled_readers import Stalled
from tests.support.waiting import wait_until

KEY = "7" * 32
LONG = 20_000_000
PATH = f"/files/{KEY}/high.webp"


@contextmanager
def node(stack: Stack, **settings: str) -> Iterator[Mortal]:
    """Run a file node with a picture of 20 MB."""
    with tempfile.TemporaryDirectory(prefix="bunko-node-") as folder:
        Path(folder, KEY).mkdir()
        Path(folder, KEY, "high.webp").write_bytes(bytes(LONG))
        with mortal(stack, "file-1", STORAGE_URL=f"file://{folder}", **settings) as running:
            yield running


def _token(stack: Stack, running: Mortal) -> str:
    keys = json.loads(stack.settings("file-1")["TOKEN_KEYS"])
    return Program("files", running.address, keys).called_by("gateway").token("GET", PATH)


def _is_connected(running: Mortal, client: socket.socket) -> bool:
    """Return whether a worker still holds its end of a client's connection."""
    port = client.getsockname()[1]
    workers = psutil.Process(running.process.pid).children(recursive=True)
    connections = [one for worker in workers for one in worker.net_connections("tcp")]
    return any(one.raddr[1:] == (port,) for one in connections)


@pytest.mark.slow
@pytest.mark.parametrize("seconds", ["1", "120"], ids=["in-all", "without-progress"])
def test_a_reader_that_stops_is_disconnected(stack: Stack, seconds: str) -> None:
    with node(stack, ANSWER_SECONDS=seconds) as running:
        reader = Stalled(running.address, PATH, {tokens.HEADER: _token(stack, running)})
        with reader.connection:
            assert reader.begin().startswith(b"HTTP/1.1 200 ")
            wait_until(lambda: not _is_connected(running, reader.connection))


def test_a_request_that_does_not_end_is_broken_off(stack: Stack) -> None:
    with node(stack, ANSWER_SECONDS="1") as running:
        place = running.address.removeprefix("http://").split(":")
        with socket.create_connection((place[0], int(place[1])), timeout=60) as client:
            client.sendall(b"GET / HT")
            wait_until(lambda: not _is_connected(running, client))


def test_a_reader_that_goes_on_gets_all_of_it(stack: Stack) -> None:
    with node(stack) as running:
        headers = {tokens.HEADER: _token(stack, running), "Connection": "close"}
        reader = Stalled(running.address, PATH, headers)
        with reader.connection:
            assert len(reader.begin() + reader.rest()) > LONG

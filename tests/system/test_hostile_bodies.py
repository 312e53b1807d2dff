"""Bodies that fill a file node's memory: two at a time take at most 200 MiB."""

import base64
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import requests

from deploy.stack.stack import Stack
from shared.identity import tokens
from tests.support.file_nodes import FileNode, file_node
from tests.support.internal_client import InternalClient
from tests.support.overlap import at_once
from tests.support.processes import MIB

MOST = 200 * MIB
SIZE = 31 * MIB
PATH = "/media/add"
_RESET_PEAK = "5"
"""Resets the peak memory of a process when written to its ``clear_refs`` (proc(5))."""


def filled(start: bytes, piece: bytes, end: bytes) -> bytes:
    """Return a body of almost 32 MiB."""
    return start + piece * ((SIZE - len(start) - len(end)) // len(piece)) + end


NAMED = b'{"name": "x", "tags": [], "image": "'
BODIES = {
    "objects": lambda: filled(b'{"image":"AAAA","x":[', b'{"":0},', b"0]}"),
    "objects as the picture": lambda: filled(b'{"name": "x", "tags": [], "image": [', b'{"":0},', b"0]}"),
    "objects as tags": lambda: filled(b'{"image": "AAAA", "name": "x", "tags": [', b'{"":0},', b"0]}"),
    "arrays": lambda: filled(b'{"image":"AAAA","x":[', b"[],", b"0]}"),
    "depth": lambda: filled(b'{"image":"AAAA","x":', b"[", b""),
    "picture": lambda: filled(NAMED, b"AAAA", b'"}'),
    "picture, then a fault": lambda: filled(NAMED, b"AAAA", b'"}}'),
    "escapes": lambda: filled(NAMED, rb"\u0041" * 4, b'"}'),
    "slashes": lambda: filled(
        b'{"name": "x", "tags": [], "image": "data:image/png;base64,', rb"AAA\/", b'"}'
    ),
    "wide characters": lambda: filled(NAMED, b"A", "\U0001f600".encode() + b'"}'),
    "escaped wide characters": lambda: filled(NAMED, b"A", rb'\ud83d\ude00"}'),
    "blanks": lambda: filled(NAMED, b" ", b'"}'),
    "noise": lambda: NAMED + base64.b64encode(os.urandom(23 * MIB)) + b'"}',
}


@pytest.fixture(scope="module")
def node(stack: Stack) -> Iterator[FileNode]:
    with file_node(stack) as running:
        yield running


def send(editor: InternalClient, body: bytes) -> int:
    headers = {tokens.HEADER: editor.token("POST", PATH), "Content-Type": "application/json"}
    return requests.post(editor.program.url + PATH, data=body, headers=headers, timeout=60).status_code


@pytest.mark.parametrize("kind", BODIES)
def test_the_peak_is_bounded(node: FileNode, kind: str) -> None:
    body, editor = BODIES[kind](), node.program.called_by("gateway", "add-media")
    worker = Path(f"/proc/{node.worker}")
    (worker / "clear_refs").write_text(_RESET_PEAK)
    assert at_once([partial(send, editor, body)] * 2) == [400, 400]
    peak = next(line for line in (worker / "status").read_text().splitlines() if line.startswith("VmHWM"))
    print(f"{kind}: {peak}")
    assert int(peak.split()[1]) * 1024 < MOST

"""File nodes discovered by DNS name through the real resolver, while a gateway runs."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from deploy.stack.stack import Stack
from tests.support.client import Client
from tests.support.file_nodes import FileNode, file_node
from tests.support.pictures import base64_of, quarters
from tests.support.programs import program
from tests.support.waiting import wait_until

NAME = "files.bunko.test"
OWN_HOSTS = ("unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"')
"""Runs a command that reads another file, the next word, as ``/etc/hosts``."""


def _why_not() -> str:
    if shutil.which("unshare") is None:
        return "unshare is not installed (Debian: util-linux)"
    tried = subprocess.run([*OWN_HOSTS, "/etc/hosts", "true"], capture_output=True, text=True, check=False)
    return tried.stderr.strip()


UNUSABLE = _why_not()
pytestmark = pytest.mark.skipif(bool(UNUSABLE), reason=f"nothing can be mounted over /etc/hosts: {UNUSABLE}")


@pytest.fixture
def hosts(tmp_path: Path) -> Path:
    """The addresses of names for the gateway under test."""
    return tmp_path / "hosts"


@pytest.fixture
def nodes(stack: Stack) -> Iterator[dict[str, FileNode]]:
    """Two file nodes by address on one port, since DNS has no ports."""
    with socket.create_server(("127.0.0.2", 0)) as listener:
        port = listener.getsockname()[1]
    with ExitStack() as running:
        yield {
            address: running.enter_context(file_node(stack, BIND=f"{address}:{port}"))
            for address in ("127.0.0.2", "127.0.0.3")
        }


@pytest.mark.slow
def test_nodes_come_and_go_with_the_addresses_of_their_name(
    stack: Stack, admin: Client, nodes: dict[str, FileNode], hosts: Path, tmp_path: Path
) -> None:
    first, second = nodes
    port = nodes[first].program.url.rpartition(":")[2]
    hosts.write_text(f"{first} {NAME}\n")
    settings = {"FILE_NODES_DNS": f"{NAME}:{port}", "FILE_NODES_FILE": str(tmp_path / "none")}
    with program(stack, "gateway", *OWN_HOSTS, str(hosts), **settings) as address:
        client = Client(address)
        client.session.cookies.update(admin.session.cookies)

        def upload() -> int:
            image = base64_of(quarters())
            return client.ask(
                "POST", f"/user/update-image/{admin.user['id']}", json={"image": image}
            ).status_code

        assert client.get("/health/files") == {"configured": 1, "answering": 1}
        assert upload() == 200
        hosts.write_text(f"{first} {NAME}\n{second} {NAME}\n")
        wait_until(lambda: client.get("/health/files") == {"configured": 2, "answering": 2})
        nodes[first].process.kill()
        nodes[first].process.wait()
        hosts.write_text(f"{second} {NAME}\n")
        wait_until(lambda: client.get("/health/files") == {"configured": 1, "answering": 1})
        assert upload() == 200

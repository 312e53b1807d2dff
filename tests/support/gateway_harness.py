"""A gateway of a test's own, real as any, before programs that the test plays and a database it can take away."""

import contextlib
import http.client
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import psutil
import requests

from deploy.stack.stack import Stack
from shared.identity import tokens
from shared.identity.tokens import Identity, TokenTarget
from shared.web import health

ROOT = Path(__file__).resolve().parents[2]
KEYS = {"catalog": "ca" * 32, "media": "3d" * 32, "users": "5e" * 32, "files": "f1" * 32}

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass
class ReceivedRequest:
    """One request as a program behind the gateway received it."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return the header, which must not have come twice."""
        values = [value for header, value in self.headers if header.lower() == name.lower()]
        assert len(values) <= 1, values
        return values[0] if values else None

    def identity(self, service: str) -> Identity:
        """Return who the gateway says is calling, checked as a service checks it."""
        target = TokenTarget(service, self.method, self.target.partition("?")[0])
        return tokens.verify(
            self.header(tokens.HEADER), target, issuer="gateway", keys={"gateway": KEYS[service]}
        )


class Exchange(BaseHTTPRequestHandler):
    """One connection to a played program; answers are functions that get it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "PlayedService"
    request: ReceivedRequest

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        self.request = ReceivedRequest(self.command, self.path, list(self.headers.items()), body)
        # The gateway of another test may be looking for a program that has left this port.
        if self.path != health.PATH or health.PATH in self.server.responder:
            self.server.requests.append(self.request)
        answer = self.server.responder.get(self.path.partition("?")[0], echo)
        answer(self)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = _answer  # noqa: N815

    def send(self, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
        """Answer with a whole body."""
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def reset(self) -> None:
        """Break the connection as a dying process does."""
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.connection.close()
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def handle(self) -> None:
        """Serve one connection; how it ends is the test's business."""
        with contextlib.suppress(OSError, ValueError):
            super().handle()

    def finish(self) -> None:
        """Close, also what is closed already."""
        with contextlib.suppress(OSError, ValueError):
            super().finish()


Reply = Callable[[Exchange], object]


def echo(exchange: Exchange) -> None:
    """Answer what was asked."""
    asked = exchange.request
    document = {"method": asked.method, "target": asked.target, "length": len(asked.body)}
    exchange.send(200, json.dumps(document).encode(), {"Content-Type": "application/json"})


class PlayedService(ThreadingHTTPServer):
    """A program behind the gateway, as the test plays it."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Exchange)
        self.requests: list[ReceivedRequest] = []
        self.responder: dict[str, Reply] = {}
        self._open: set[socket.socket] = set()
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing."""

    def get_request(self) -> tuple[socket.socket, Any]:
        """Remember each connection, to end with."""
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def stop(self) -> None:
        """End as a process ends: every connection is closed, and new ones are refused."""
        self.shutdown()
        self.server_close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


@dataclass
class GatewayHarness:
    """A running gateway and what stands behind it."""

    address: str
    process: "subprocess.Popen[bytes]"
    services: dict[str, PlayedService]
    nodes_file: Path
    log_file: Path

    def __getitem__(self, service: str) -> PlayedService:
        return self.services[service]

    @property
    def port(self) -> int:
        """The gateway's port."""
        return int(self.address.rpartition(":")[2])

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send one request on a connection of its own."""
        options.setdefault("timeout", 30)
        return requests.request(method, self.address + path, allow_redirects=False, **options)

    def raw(self, request: bytes, *, seconds: float = 10) -> bytes:
        """Send bytes as they stand and return all that is answered until the connection ends or ``seconds`` pass."""
        with self.connection(seconds) as connection:
            connection.sendall(request)
            return received(connection)

    def connection(self, seconds: float = 10) -> socket.socket:
        """Return a bare connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=seconds)

    def memory(self) -> int:
        """Bytes of memory that the gateway's processes hold."""
        master = psutil.Process(self.process.pid)
        return sum(process.memory_info().rss for process in (master, *master.children()))

    def log(self) -> str:
        """All that the gateway has said."""
        return self.log_file.read_text(encoding="utf-8")


def received(connection: socket.socket) -> bytes:
    """Return everything that comes until the other side closes or falls silent."""
    pieces = []
    with contextlib.suppress(OSError):
        while piece := connection.recv(65536):
            pieces.append(piece)
    return b"".join(pieces)


def answered(response: bytes) -> tuple[int, Any]:
    """Return status and document of a raw answer in the contract's shape."""
    head, _, body = response.partition(b"\r\n\r\n")
    status, document = int(head.split(b" ")[1]), json.loads(body)
    assert document["code"] == status, response
    return status, document


class HarnessFactory:
    """Starts gateways; everything it started ends with it."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._held = contextlib.ExitStack()
        self._running: list[subprocess.Popen[bytes]] = []
        self._folder = Path(self._held.enter_context(tempfile.TemporaryDirectory(prefix="door-")))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._running:
            process.terminate()
        for process in self._running:
            process.wait(30)
        self._held.close()

    def open(self, **settings: str) -> GatewayHarness:
        """Start a gateway with ``settings`` and return it when it answers."""
        played = {name: self.play() for name in ("catalog", "media", "users")}
        number = len(list(self._folder.iterdir()))
        nodes_file, log_file = self._folder / f"{number}.nodes", self._folder / f"{number}.log"
        nodes_file.touch()
        listener = socket.create_server(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            # But for gunicorn, which leaves it to chance when a socket it was handed is closed.
            "PYTHONWARNINGS": "default,ignore::ResourceWarning",
            "BIND": f"fd://{listener.fileno()}",
            "DATABASE_URL": self._stack.database_url("gateway"),
            "SESSION_KEY": self._stack.settings("gateway")["SESSION_KEY"],
            "CALL_KEYS": json.dumps(KEYS),
            "UPSTREAMS": json.dumps({name: played[name].url for name in ("catalog", "media", "users")}),
            "FILE_NODES_FILE": str(nodes_file),
            # What the played programs are asked, they are asked by the test.
            "STATUS_SECONDS": "3600",
        }
        with log_file.open("wb") as log, listener:
            process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "-c", str(ROOT / "gateway" / "gunicorn.conf.py")],
                env=environment | settings,
                cwd=ROOT,
                pass_fds=[listener.fileno()],
                stdout=log,
                stderr=log,
            )
        self._running.append(process)
        door = GatewayHarness(address, process, played, nodes_file, log_file)
        _wait_for(door)
        return door

    def play(self, port: int = 0) -> PlayedService:
        """Start a program to be played."""
        program = PlayedService(port)
        self._held.callback(program.stop)
        return program


def _wait_for(door: GatewayHarness) -> None:
    deadline = time.monotonic() + 90
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", door.port, timeout=5)
        try:
            connection.request("GET", "/health/live")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        finally:
            connection.close()
        assert door.process.poll() is None, door.log()
        assert time.monotonic() < deadline, door.log()


def wait_until(condition: Callable[[], object], seconds: float = 30) -> None:
    """Return as soon as ``condition`` holds; fail when it does not within ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that in time"
        time.sleep(0.02)

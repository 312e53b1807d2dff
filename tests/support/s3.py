"""S3 for tests: moto's server, a real process on loopback, behind a proxy that can fail.

It keeps objects in memory and checks neither signatures nor permissions; conditional puts, ranges and listings
it does as S3 does.
"""

import http.client
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import boto3

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "somebody", "AWS_SECRET_ACCESS_KEY": "something"}
_SECONDS = 60

Fault = Literal["lose the answer", "say 500", "say 503", "say 507", "say 403", "cut the answer"]


class _Quiet(ThreadingHTTPServer):
    """A server that does not log clients that disconnect early."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Door:
    """Forwards requests to a store, except those that are set to fail."""

    def __init__(self, store: str) -> None:
        self.store = store
        self.open = True
        """Disconnects every client while it is closed."""
        self.seen: list[str] = []
        """Method and target of every request."""
        self._plan: deque[tuple[str, Fault]] = deque()
        self._server = _Quiet(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.01], daemon=True)
        self._thread.start()

    def spoil(self, method: str, fault: Fault, *, times: int = 1) -> None:
        """Make the next requests of a method fail."""
        self._plan.extend([(method, fault)] * times)

    def pass_on(self) -> None:
        """Forward everything again, and clear the recorded requests."""
        self.open = True
        self._plan.clear()
        self.seen.clear()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _fault(self, method: str) -> Fault | None:
        if self._plan and self._plan[0][0] == method:
            return self._plan.popleft()[1]
        return None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        door = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: Any) -> None:
                pass

            def handle_expect_100(self) -> bool:
                # A closed proxy sends no answer.
                return super().handle_expect_100() if door.open else True

            def do_any(self) -> None:
                door.seen.append(f"{self.command} {self.path}")
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) if door.open else b""
                fault = door._fault(self.command)
                self.close_connection = fault is not None or not door.open
                if not door.open:
                    return
                if fault and fault.startswith("say"):
                    self._say(int(fault.split()[1]))
                    return
                answer, content = door._ask(self.command, self.path, dict(self.headers.items()), body)
                if fault == "lose the answer":
                    return
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in {"connection", "date", "server"}:
                        self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content[: len(content) // 2] if fault == "cut the answer" else content)

            def _say(self, status: int) -> None:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_HEAD = do_PUT = do_DELETE = do_POST = do_any  # noqa: N815  # names the server looks for

        return Handler

    def _ask(
        self, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> tuple[http.client.HTTPResponse, bytes]:
        connection = http.client.HTTPConnection(urlsplit(self.store).netloc, timeout=_SECONDS)
        try:
            headers.pop("Expect", None)
            connection.request(method, target, body=body, headers=headers)
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()


class S3:
    """A running store and the proxy in front of it."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.door = Door(address)
        self.client = boto3.client(
            "s3",
            endpoint_url=address,
            region_name="us-east-1",
            aws_access_key_id="tests",
            aws_secret_access_key="tests",
        )
        self._made = 0

    def url(self, prefix: str = "pictures", *, doorless: bool = False) -> str:
        """Return the storage URL of a new bucket."""
        self._made += 1
        bucket = f"bucket-{self._made}"
        self.client.create_bucket(Bucket=bucket)
        return (
            f"s3://{bucket}/{prefix}?endpoint={self.address if doorless else self.door.url}&region=us-east-1"
        )

    def objects(self, url: str) -> dict[str, bytes]:
        """Return all objects in the bucket of a storage URL, name -> bytes."""
        bucket = urlsplit(url).netloc
        found = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        names = [entry["Key"] for page in found for entry in page.get("Contents", ())]
        objects = {}
        for name in sorted(names):
            with suppress(self.client.exceptions.NoSuchKey):  # Swept up meanwhile.
                objects[name] = self.client.get_object(Bucket=bucket, Key=name)["Body"].read()
        return objects

    def write(self, url: str, name: str, content: bytes) -> None:
        """Put an object into the bucket of a storage URL, replacing any."""
        self.client.put_object(Bucket=urlsplit(url).netloc, Key=name, Body=content)

    def remove(self, url: str, name: str) -> None:
        """Delete an object from the bucket of a storage URL."""
        self.client.delete_object(Bucket=urlsplit(url).netloc, Key=name)


@contextmanager
def running_s3() -> Iterator[S3]:
    """Run a store during the ``with`` block."""
    with tempfile.NamedTemporaryFile("w+") as said:
        server = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"],
            stdout=subprocess.DEVNULL,
            stderr=said,
        )
        try:
            store = S3(_address(server, Path(said.name)))
            try:
                yield store
            finally:
                store.door.close()
        finally:
            server.terminate()
            server.wait()


def _address(server: "subprocess.Popen[bytes]", said: Path) -> str:
    deadline = time.monotonic() + _SECONDS
    while True:
        found = re.search(r"Running on (http://127\.0\.0\.1:\d+)", said.read_text(encoding="utf-8"))
        if found:
            return found[1]
        assert server.poll() is None, said.read_text(encoding="utf-8")
        assert time.monotonic() < deadline, "moto's server does not come up"
        time.sleep(0.02)

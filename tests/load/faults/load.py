"""Requests for one page at a fixed rate, whether answers come or not (an open loop).

The load shares the machine with the system under test, so it is cheap: a protocol without streams and tasks.
"""

import asyncio
import random
import socket
import statistics
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

SLOW = 300
_CLOSED = 32
_PATIENCE = 10.0
_TICK = 0.002


def p99(seconds: Sequence[float]) -> float:
    """Return the 99th percentile."""
    return statistics.quantiles(seconds, n=100)[98] if len(seconds) > 1 else 0.0


@dataclass
class Answers:
    """Seconds per answer, by status; 0 stands for no answer."""

    took: dict[int, list[float]] = field(default_factory=dict)
    seconds: float = 0.0
    in_time: dict[int, int] = field(default_factory=dict)
    """Number of answers of each status at the end of the time; later ones are not goodput."""
    lags: list[float] = field(default_factory=list)
    """Seconds by which the load generator itself was late."""
    awaited: int = 0
    _none_awaited: asyncio.Event = field(default_factory=asyncio.Event)

    def expect(self) -> None:
        """Count a request."""
        self.awaited += 1
        self._none_awaited.clear()

    def note(self, status: int, seconds: float) -> None:
        """Record an answer."""
        self.awaited -= 1
        if not self.awaited:
            self._none_awaited.set()
        self.took.setdefault(status, []).append(seconds)

    def rate(self, status: int) -> float:
        """Answers of a status per second."""
        return self.in_time.get(status, 0) / self.seconds

    def p99(self, status: int) -> float:
        """99th percentile of the seconds per answer of a status."""
        return p99(self.took.get(status, []))

    async def over(self) -> None:
        """End the measurement, and wait for the outstanding answers."""
        self.in_time = {status: len(took) for status, took in self.took.items()}
        if self.awaited:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._none_awaited.wait(), _PATIENCE)
        for _ in range(self.awaited):
            self.note(0, _PATIENCE)


class _Line(asyncio.Protocol):
    """A kept-alive connection with one request at a time."""

    def __init__(self, idle: "list[_Line]") -> None:
        self._idle = idle
        self._answers: Answers | None = None
        self._began = 0.0
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def ask(self, request: bytes, answers: Answers, began: float) -> None:
        """Send a request that was due at ``began``."""
        self._answers, self._began, self._received = answers, began, b""
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if end and len(body) >= int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]):
            self._answered(int(head[9:12]))
            self._idle.append(self)

    def connection_lost(self, *_: object) -> None:
        self._answered(0)
        if self in self._idle:
            self._idle.remove(self)

    def _answered(self, status: int) -> None:
        answers, self._answers = self._answers, None
        if answers:
            answers.note(status, time.perf_counter() - self._began)


class Load:
    """Requests one page from a gateway, with a cookie."""

    def __init__(self, gateway: str, cookie: str, path: str) -> None:
        place = urlsplit(gateway)
        self.host, self.port = place.hostname or "", place.port or 80
        self.request = f"GET {path} HTTP/1.1\r\nHost: x\r\nCookie: refreshToken={cookie}\r\n\r\n".encode()
        self._idle: list[_Line] = []
        self._opening: set[asyncio.Task[None]] = set()
        self.sipping = asyncio.Barrier(SLOW + 1)
        """Passed when every slow reader and the waiting client have connected: their start causes much load."""

    def ask(self, answers: Answers) -> None:
        """Send one request over a kept-alive connection."""
        answers.expect()
        began = time.perf_counter()
        if self._idle:
            self._idle.pop().ask(self.request, answers, began)
            return
        opening = asyncio.ensure_future(self._open(answers, began))
        self._opening.add(opening)
        opening.add_done_callback(self._opening.discard)

    async def _open(self, answers: Answers, began: float) -> None:
        try:
            _, line = await asyncio.get_running_loop().create_connection(
                lambda: _Line(self._idle), self.host, self.port
            )
        except OSError:
            answers.note(0, time.perf_counter() - began)
        else:
            line.ask(self.request, answers, began)

    async def closed(self, seconds: float) -> Answers:
        """Send requests as fast as answers come, on a few connections."""
        return await self._ask(seconds, lambda answers, _: _CLOSED - answers.awaited)

    async def open(self, per_second: float, seconds: float) -> Answers:
        """Send requests at a fixed rate, whatever is answered."""
        asked = 0

        def due(_: Answers, now: float) -> int:
            nonlocal asked
            before, asked = asked, int(now * per_second)
            return asked - before

        return await self._ask(seconds, due)

    async def _ask(self, seconds: float, due: Callable[[Answers, float], int]) -> Answers:
        answers = Answers(seconds=seconds)
        began = time.perf_counter()
        while (now := time.perf_counter() - began) < seconds:
            for _ in range(due(answers, now)):
                self.ask(answers)
            await asyncio.sleep(_TICK)
            answers.lags.append(time.perf_counter() - began - now - _TICK)
        await answers.over()
        return answers

    async def dawdle(self, beginning: bytes) -> None:
        """Send a request at one byte a second; reconnect when the gateway closes the connection."""
        while True:
            _, writer = await asyncio.open_connection(self.host, self.port)
            with closing(writer), suppress(ConnectionError):
                writer.write(beginning)
                # Staggered: hundreds in step would make a burst once a second.
                await asyncio.sleep(random.random())
                while not writer.transport.is_closing():
                    await asyncio.sleep(1)
                    writer.write(b"x")
                    await writer.drain()

    def end(self) -> None:
        """Close all connections."""
        for line in self._idle:
            line.transport.close()

    async def sip(self) -> None:
        """Request the OpenAPI document, which exceeds the kernel's buffers, and read one byte of it a second."""
        loop = asyncio.get_running_loop()
        with socket.socket() as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.setblocking(False)
            await loop.sock_connect(line, (self.host, self.port))
            await loop.sock_sendall(line, b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n")
            await loop.sock_recv(line, 1)
            await self.sipping.wait()
            await asyncio.sleep(random.random())
            while True:
                await asyncio.sleep(1)
                await loop.sock_recv(line, 1)

    def slow(self) -> list[Coroutine[Any, Any, None]]:
        """Return clients that never finish sending headers, sending a body, or reading an answer."""
        headers = self.request.removesuffix(b"\r\n\r\n") + b"\r\nX-Slow: "
        body = (
            self.request.replace(b"GET", b"POST", 1).removesuffix(b"\r\n") + b"Content-Length: 9999\r\n\r\n"
        )
        senders = [self.dawdle(beginning) for beginning in (headers, body) for _ in range(SLOW)]
        return [*senders, *(self.sip() for _ in range(SLOW))]

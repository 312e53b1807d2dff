"""A TCP proxy with faults that are set while it runs: latency, slowness, silence, resets, absence.

with Proxy("127.0.0.1", 8001) as proxy:
    proxy.fault = Fault(latency=0.2)
    ask(proxy.port)
"""

import asyncio
import socket
import struct
import threading
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from psycopg2.extensions import parse_dsn
from sqlalchemy import make_url

Way = Literal["request", "answer"]

_PIECE = 65536
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Fault:
    """The faults of a proxy in both directions; none by default."""

    latency: float = 0.0
    """Seconds by which each piece is delayed."""
    drip: float = 0.0
    """Seconds between two bytes of an answer."""
    silent: bool = False
    """Connections are accepted and kept; nothing is forwarded until the fault changes."""
    reset: Way | None = None
    """The half of an exchange that resets both sides ``after`` so many of its bytes were forwarded."""
    after: int = 0
    times: float = float("inf")
    """Number of connections that are reset; the others are served normally."""


NONE = Fault()


@dataclass
class _Line:
    """One connection: both ends, and the forwarded bytes of the current request and answer."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    request: int = 0
    answer: int = 0

    def passed(self, way: Way) -> int:
        return self.request if way == "request" else self.answer

    def count(self, way: Way, length: int) -> None:
        if way == "answer":
            self.answer += length
        else:
            self.request += length

    def reset(self) -> None:
        """Reset both sides of the connection."""
        _reset(self.client)
        _reset(self.server)

    def begin(self, way: Way) -> None:
        """Treat a piece of a request after an answer as the start of the next request."""
        if way == "request" and self.answer:
            self.request = self.answer = 0


class Proxy:
    """Forwards TCP connections to ``host`` and ``port``; a folder as host means PostgreSQL's socket in it."""

    def __init__(self, host: str, port: int) -> None:
        self.port = 0
        self._target = (host, port)
        self._fault = NONE
        self._resets = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._flows = asyncio.Event()
        self._flows.set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def fault(self) -> Fault:
        """The current fault."""
        return self._fault

    @fault.setter
    def fault(self, fault: Fault) -> None:
        self._do(self._change(fault))

    def cut(self) -> None:
        """Reset every connection and refuse new ones, like a program that has died."""
        self._do(self._cut())

    def mend(self) -> None:
        """Accept connections again, without faults."""
        self.fault = NONE
        self._do(self._listen())

    def _do(self, what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(30)

    async def _change(self, fault: Fault) -> None:
        self._fault, self._resets = fault, 0
        if fault.silent:
            self._flows.clear()
        else:
            self._flows.set()

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, backlog=1024)
            self.port = self._server.sockets[0].getsockname()[1]

    async def _cut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._writers):
            _reset(writer)

    async def _end(self) -> None:
        await self._change(NONE)
        await self._cut()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            await asyncio.wait(others, timeout=10)

    async def _serve(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        self._writers.add(client)
        try:
            far, server = await self._connect()
        except OSError:
            _reset(client)
            self._writers.discard(client)
            return
        self._writers.add(server)
        line = _Line(client, server)
        await asyncio.gather(
            self._pass_on(reader, server, line, "request"), self._pass_on(far, client, line, "answer")
        )
        for writer in (client, server):
            self._writers.discard(writer)
            writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, port = self._target
        if host.startswith("/"):
            return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        return await asyncio.open_connection(host, port)

    async def _pass_on(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, line: _Line, way: Way
    ) -> None:
        try:
            while piece := await source.read(_PIECE):
                await asyncio.sleep(self._fault.latency)
                await self._flows.wait()
                line.begin(way)
                passing = self._spared(piece, line.passed(way), way)
                await self._write(sink, passing, way)
                line.count(way, len(passing))
                if len(passing) < len(piece):
                    line.reset()
                    return
            sink.write_eof()
        except OSError:
            line.reset()  # the other side would wait for ever

    def _spared(self, piece: bytes, passed: int, way: Way) -> bytes:
        """Return the part of a piece that is still forwarded; if it is not all, the connection must be reset."""
        fault = self._fault
        left = max(0, fault.after - passed)
        if fault.reset != way or len(piece) <= left or self._resets >= fault.times:
            return piece
        self._resets += 1
        return piece[:left]

    async def _write(self, sink: asyncio.StreamWriter, piece: bytes, way: Way) -> None:
        if way == "request" or not self._fault.drip:
            sink.write(piece)
            await sink.drain()
            return
        for place in range(len(piece)):
            sink.write(piece[place : place + 1])
            await sink.drain()
            await asyncio.sleep(self._fault.drip)


def before_url(url: str) -> Proxy:
    """Return a proxy to the program at a URL such as ``http://127.0.0.1:8001``."""
    place = urlsplit(url)
    return Proxy(place.hostname or "", place.port or 80)


def before_database(url: str) -> Proxy:
    """Return a proxy to the server of a database URL."""
    facts = parse_dsn(url)
    return Proxy(facts.get("host", "127.0.0.1"), int(facts.get("port", "5432")))


def through(proxy: Proxy, database_url: str) -> str:
    """Return a database URL through a proxy."""
    direct = make_url(database_url).difference_update_query(["host", "port"])
    return direct.set(host="127.0.0.1", port=proxy.port).render_as_string(hide_password=False)


def _reset(writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    writer.transport.abort()

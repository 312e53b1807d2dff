"""More than Bunko can do, and clients that dawdle: ``python -m tests.faults.overload [--seconds 10]``.

Requests come as they come (an open loop): nobody waits for an answer before asking again. The load shares the
machine with what it loads, so goodput under load is held against its own peak.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Coroutine, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from deploy.stack import Stack
from tests.catalogue import Catalogue
from tests.client import Client
from tests.shelf import PASSWORD, settings_of

GOODPUT, REFUSED_SECONDS, HONEST = 0.9, 0.05, 1.2
"""What is to hold: goodput at three times capacity, p99 of refusals, and p99 of honest clients beside slow ones."""
SLOW = 300
_CLOSED = 32
_PATIENCE = 10.0
_TICK = 0.002


@dataclass
class Answers:
    """Seconds that answers took, by their status."""

    took: dict[int, list[float]] = field(default_factory=dict)
    seconds: float = 0.0
    in_time: dict[int, int] = field(default_factory=dict)
    """How many of a status had come when the time was over: what comes later is no goodput."""
    lags: list[float] = field(default_factory=list)
    """Seconds by which the load itself came late to look after its connections."""

    def rate(self, status: int) -> float:
        """Answers of a status in a second."""
        return self.in_time.get(status, 0) / self.seconds

    def over(self) -> None:
        """Note that the time is over."""
        self.in_time = {status: len(took) for status, took in self.took.items()}

    def p99(self, status: int) -> float:
        """Seconds within which 99 of 100 answers of a status came."""
        return p99(self.took.get(status, []))


def p99(seconds: Sequence[float]) -> float:
    """Return what 99 of 100 do not exceed."""
    return statistics.quantiles(seconds, n=100)[98] if len(seconds) > 1 else 0.0


class Load:
    """Asks a gateway for one page, with a cookie."""

    def __init__(self, gateway: str, cookie: str, path: str) -> None:
        place = urlsplit(gateway)
        self.host, self.port = place.hostname or "", place.port or 80
        self.request = f"GET {path} HTTP/1.1\r\nHost: x\r\nCookie: refreshToken={cookie}\r\n\r\n".encode()
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self, answers: Answers) -> None:
        """Ask once, over a connection that is kept."""
        began = time.perf_counter()
        line = None
        try:
            line = self._idle.pop() if self._idle else await asyncio.open_connection(self.host, self.port)
            status = await asyncio.wait_for(self._exchange(*line), _PATIENCE)
            self._idle.append(line)
        except (OSError, EOFError, TimeoutError):
            status = 0
            if line is not None:
                line[1].close()
        answers.took.setdefault(status, []).append(time.perf_counter() - began)

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        writer.write(self.request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        return int(head.split(b" ", 2)[1])

    async def closed(self, seconds: float) -> Answers:
        """Ask as fast as answers come, on a few connections."""
        answers, until = Answers(seconds=seconds), time.perf_counter() + seconds

        async def again() -> None:
            while time.perf_counter() < until:
                await self.ask(answers)

        await asyncio.gather(*(again() for _ in range(_CLOSED)))
        answers.over()
        return answers

    async def open(self, per_second: float, seconds: float) -> Answers:
        """Ask so many times a second, whatever is answered."""
        answers = Answers(seconds=seconds)
        asked: list[asyncio.Task[None]] = []
        began = time.perf_counter()
        while (now := time.perf_counter() - began) < seconds:
            asked += [
                asyncio.create_task(self.ask(answers)) for _ in range(int(now * per_second) - len(asked))
            ]
            await asyncio.sleep(_TICK)
            answers.lags.append(time.perf_counter() - began - now - _TICK)
        answers.over()
        await asyncio.gather(*asked)
        return answers

    async def dawdle(self, beginning: bytes) -> None:
        """Begin a request and send a byte of it a second."""
        _, writer = await asyncio.open_connection(self.host, self.port)
        with closing(writer):
            writer.write(beginning)
            while True:
                await asyncio.sleep(1)
                writer.write(b"x")
                await writer.drain()

    async def end(self) -> None:
        """Close all connections."""
        for _, writer in self._idle:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    def slow(self) -> list[Coroutine[Any, Any, None]]:
        """Return clients that never come to the end of their headers, and others of their body."""
        headers = self.request.removesuffix(b"\r\n\r\n") + b"\r\nX-Slow: "
        body = (
            self.request.replace(b"GET", b"POST", 1).removesuffix(b"\r\n") + b"Content-Length: 9999\r\n\r\n"
        )
        return [self.dawdle(beginning) for beginning in (headers, body) for _ in range(SLOW)]


@dataclass
class Findings:
    """What came of it."""

    peak: float
    """Answers a second to as many as are asked."""
    flood: Answers
    alone: Answers
    """What honest clients are answered at a quarter of the peak."""
    beside: Answers
    """The same beside the slow ones."""

    def table(self) -> str:
        """Return what came of it, to be read by people."""
        alone, beside = self.alone.p99(200), self.beside.p99(200)
        others = {status: len(took) for status, took in self.flood.took.items() if status not in (200, 503)}
        return (
            f"goodput: {self.peak:.0f}/s at its peak, {self.flood.rate(200):.0f}/s at three times that "
            f"({self.flood.rate(200) / self.peak:.0%}); {self.flood.rate(503):.0f}/s refused, "
            f"p99 {1000 * self.flood.p99(503):.0f} ms; p99 of answers {1000 * self.flood.p99(200):.0f} ms; "
            f"others: {others}; the load itself was {1000 * p99(self.flood.lags):.0f} ms late (p99)\n"
            f"{SLOW} slow headers and {SLOW} slow bodies: honest p99 {1000 * beside:.1f} ms "
            f"instead of {1000 * alone:.1f} ms ({beside / alone:.2f} times)"
        )

    def holds(self) -> bool:
        """Whether it is as it should be."""
        return (
            self.flood.rate(200) >= GOODPUT * self.peak
            and self.flood.p99(503) <= REFUSED_SECONDS
            and self.beside.took.keys() == {200}
            and self.beside.p99(200) <= HONEST * self.alone.p99(200)
        )


async def trial(load: Load, seconds: float) -> Findings:
    """Find the peak, ask for three times as much, and see to honest clients beside slow ones."""
    await load.closed(seconds / 4)
    peak = (await load.closed(seconds)).rate(200)
    flood = await load.open(3 * peak, seconds)
    alone = await load.open(peak / 4, seconds)
    slow = [asyncio.create_task(client) for client in load.slow()]
    await asyncio.sleep(2)
    beside = await load.open(peak / 4, seconds)
    for client in slow:
        client.cancel()
    await asyncio.gather(*slow, return_exceptions=True)
    await load.end()
    return Findings(peak, flood, alone, beside)


def load_of(stack: Stack) -> Load:
    """Return a load on a page of series."""
    admin = Client(stack.address).sign_in("admin", PASSWORD)
    catalogue = Catalogue(admin)
    for _ in range(20):
        catalogue.series()
    path = f"/admin-series?client={catalogue.client}&limit=20"
    return Load(stack.address, admin.session.cookies["refreshToken"], path)


def main() -> None:
    """Try it; exits 1 where a figure is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.overload")
    parser.add_argument("--seconds", type=float, default=10.0)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bunko-load-") as folder, Stack(settings_of(folder)) as stack:
        findings = asyncio.run(trial(load_of(stack), chosen.seconds))
    print(findings.table())
    sys.exit(0 if findings.holds() else 1)


if __name__ == "__main__":
    main()

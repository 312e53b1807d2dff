"""A storm of uploads: ``python -m tests.load.faults.uploads [--rounds 5]``.

64 clients upload the largest pictures that are taken, all at one moment, while a reader asks for pages of the
catalogue; the same reader alone comes before, for comparison. It is done through the gateway, and again through an
nginx before it where that is installed. The clients read while they send, as curl, nginx and browsers do, and stop
where they are refused. They are a process of their own at the lowest priority: real clients run elsewhere, and
take no processor from what they load.
"""

import argparse
import asyncio
import base64
import json
import multiprocessing
import os
import socket
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from statistics import quantiles
from urllib.parse import urlsplit

import psutil

from deploy.stack.stack import Stack
from tests.support.client import PASSWORD, Client
from tests.support.nginx import NGINX, nginx_before
from tests.support.processes import MIB, memory, watched
from tests.system.test_node_bounds import heavy

AT_ONCE = 64
QUIET = 10
"""Seconds in which the reader is alone."""
NODE, GATEWAY = 512 * MIB, 512 * MIB
"""What they may take, spooled bodies beside it: those of the gateway lie on disk."""
REFUSED_SECONDS, BESIDE = 0.1, 1.2
"""What is to hold: p99 of refusals from their heads, and of pages, against quiet."""
_PAGE = "/admin-volumes?client=1&limit=50"
_PIECE = 64 * 1024
BROKEN = 0
"""Stands for the status where the connection ended without an answer."""
_PAUSE = 1.0
"""Seconds between two rounds, in which the node becomes free."""

Answer = tuple[int, float]
"""Status and seconds from the head, of one upload."""


@dataclass
class Findings:
    """What came of storms through one address."""

    quiet: list[float]
    busy: list[float] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    node: int = 0
    gateway: int = 0

    def table(self) -> str:
        """Return what came of it, to be read by people."""
        statuses = dict(Counter(status for status, _ in self.answers))
        return (
            f"{statuses}; refusals p99 {1000 * p99(self.refused()):.0f} ms after the head, at most "
            f"{1000 * max(self.refused()):.0f}; the node took {self.node / MIB:.0f} MiB at most, the gateway "
            f"{self.gateway / MIB:.0f}; pages: p99 {1000 * p99(self.quiet):.1f} ms in quiet, "
            f"{1000 * p99(self.busy):.1f} ms meanwhile "
            f"({p99(self.busy) / p99(self.quiet):.2f} times, {len(self.busy)} pages)"
        )

    def refused(self) -> list[float]:
        """Return after how many seconds uploads were refused."""
        return [seconds for status, seconds in self.answers if status == 503]

    def wrong(self) -> list[str]:
        """Return what is not as it should be."""
        statuses = {status for status, _ in self.answers}
        found = {
            f"uploads: {statuses}": not {200} <= statuses <= {200, 503},
            "refusals came late": p99(self.refused()) > REFUSED_SECONDS,
            "too much memory": self.node > NODE or self.gateway > GATEWAY,
            "pages were slow": p99(self.busy) > BESIDE * p99(self.quiet),
        }
        return [what for what, is_wrong in found.items() if is_wrong]


def p99(seconds: list[float]) -> float:
    """Return what 99 of 100 do not exceed."""
    return quantiles(seconds, n=100)[98]


def burst(address: str, cookie: str, body: bytes) -> list[Answer]:
    """Upload a body 64 times at once. Runs in a process of its own."""
    return asyncio.run(_burst(address, cookie, body))


async def _burst(address: str, cookie: str, body: bytes) -> list[Answer]:
    place = urlsplit(address)
    head = f"POST /media/add HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Type: application/json\r\n"
    head += f"Cookie: refreshToken={cookie}\r\nContent-Length: {len(body)}\r\n\r\n"
    opening = [asyncio.open_connection(place.hostname, place.port) for _ in range(AT_ONCE)]
    connections = await asyncio.gather(*opening)
    return await asyncio.gather(*(_upload(*connection, head.encode(), body) for connection in connections))


async def _upload(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes, body: bytes
) -> Answer:
    began = time.perf_counter()
    # A network takes less at once than this machine's memory, which would have the clients copy first and read then.
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _PIECE)
    writer.write(head)
    sending = asyncio.create_task(_send(writer, body))
    try:
        status = int((await reader.readline()).split()[1])
    except (OSError, IndexError):
        status = BROKEN
    seconds = time.perf_counter() - began
    sending.cancel()
    writer.close()
    return status, seconds


async def _send(writer: asyncio.StreamWriter, body: bytes) -> None:
    with suppress(OSError):
        for start in range(0, len(body), _PIECE):
            writer.write(body[start : start + _PIECE])
            await writer.drain()


def read(client: Client, seconds: list[float], until: "Future[list[Answer]] | float") -> None:
    """Ask for pages until a moment, or until something is done."""
    while not until.done() if isinstance(until, Future) else time.perf_counter() < until:
        began = time.perf_counter()
        client.get(_PAGE)
        seconds.append(time.perf_counter() - began)


def workers(stack: Stack) -> set[int]:
    """Return the processes of the gateway and the file node, but no decoding children."""
    masters = [psutil.Process(stack.pids[name]) for name in ("gateway", "file-1")]
    return {process.pid for master in masters for process in (master, *master.children())}


def storm(stack: Stack, address: str, body: bytes, rounds: int, pool: ProcessPoolExecutor) -> Findings:
    """Run it through an address, and return what came of it."""
    client = Client(address).sign_in("admin", PASSWORD)
    findings = Findings(quiet=[])
    read(client, [], time.perf_counter() + 1)
    read(client, findings.quiet, time.perf_counter() + QUIET)
    for _ in range(rounds):
        with (
            watched(memory, stack.pids["file-1"], every=0.1) as node,
            watched(memory, stack.pids["gateway"], every=0.1) as gateway,
        ):
            uploading = pool.submit(burst, address, client.session.cookies["refreshToken"], body)
            read(client, findings.busy, uploading)
        findings.answers += uploading.result()
        findings.node = max(findings.node, *node)
        findings.gateway = max(findings.gateway, *gateway)
        time.sleep(_PAUSE)
    return findings


def trial(stack: Stack, rounds: int) -> list[str]:
    """Run all of it, print what came of it, and return what is wrong."""
    picture = base64.b64encode(heavy("PNG, large")).decode()
    body = json.dumps({"name": "storm", "tags": [], "image": picture}).encode()
    wrong = []
    with ExitStack() as held:
        pool = held.enter_context(
            ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), os.nice, (19,))
        )
        addresses = {"directly": stack.address}
        if NGINX:
            addresses["behind nginx"] = held.enter_context(nginx_before(stack))
        for name, address in addresses.items():
            findings = storm(stack, address, body, rounds, pool)
            print(
                f"{name}, {rounds} times {AT_ONCE} uploads of {len(body) / MIB:.0f} MiB: {findings.table()}"
            )
            wrong += [f"{name}: {what}" for what in findings.wrong()]
    return wrong


def main() -> None:
    """Run the storm; exits 1 when anything was not as promised."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.faults.uploads")
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="bunko-storm-") as folder:
        environment = {
            "STATE_DIR": folder,
            "GATEWAY_PORT": "0",
            "ADMIN_PASSWORD": PASSWORD,
            "TRUSTED_PROXIES": "1",
        }
        with Stack(environment) as stack:
            before = workers(stack)
            wrong = trial(stack, rounds)
            wrong += [f"process {pid} is no more" for pid in before - workers(stack)]
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()

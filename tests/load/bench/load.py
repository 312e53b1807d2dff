"""Load on a server: by wrk, or by a few threads where figures do not count."""

import http.client
import json
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlsplit

_SCRIPT = Path(__file__).with_name("wrk.lua")
_LONGEST_ANSWER = 60
"""Seconds allowed for a slow peer."""


@dataclass(frozen=True, slots=True)
class Load:
    """The results of a server under load. Latencies are in milliseconds."""

    requests: int
    seconds: float
    errors: int
    p50: float
    p99: float

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds


def by_wrk(
    address: str, paths: Sequence[str], headers: Mapping[str, str], connections: int, seconds: float
) -> Load:
    """Request ``paths`` in turn over ``connections`` connections; answers other than 2xx and 3xx are errors.

    wrk accepts whole seconds only.
    """
    whole = max(1, round(seconds))
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
        file.write("".join(f"{path}\n" for path in paths))
        file.flush()
        command = [
            *("wrk", "-t1", f"-c{connections}", f"-d{whole}s", f"--timeout={_LONGEST_ANSWER}s"),
            *("-s", str(_SCRIPT)),
            *(word for name, value in headers.items() for word in ("-H", f"{name}: {value}")),
            *(address, "--", file.name),
        ]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return Load(**json.loads(printed.strip().splitlines()[-1]))


def by_threads(
    address: str, paths: Sequence[str], headers: Mapping[str, str], connections: int, seconds: float
) -> Load:
    """The same without wrk. The threads share one interpreter: enough to check that every page answers."""
    end = time.monotonic() + seconds
    clients = [_Client(address, paths, headers, end) for _ in range(connections)]
    began = time.monotonic()
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    times = [took for client in clients for took in client.times]
    cuts = quantiles(times, n=100) if len(times) > 1 else times * 99
    return Load(
        len(times), time.monotonic() - began, sum(client.errors for client in clients), cuts[49], cuts[98]
    )


@dataclass
class _Client:
    address: str
    paths: Sequence[str]
    headers: Mapping[str, str]
    end: float
    errors: int = 0
    times: list[float] = field(default_factory=list)

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def join(self) -> None:
        self._thread.join()

    def _run(self) -> None:
        place = urlsplit(self.address)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=_LONGEST_ANSWER)
        asked = 0
        while not asked or time.monotonic() < self.end:
            began = time.perf_counter()
            connection.request("GET", self.paths[asked % len(self.paths)], headers=dict(self.headers))
            answer = connection.getresponse()
            answer.read()
            self.times.append((time.perf_counter() - began) * 1000)
            self.errors += answer.status >= 400
            asked += 1
        connection.close()

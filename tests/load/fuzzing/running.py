"""Uploads mutated pictures to a running system and reports what broke."""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from statistics import quantiles
from typing import Any

import psutil

from deploy.stack.stack import Stack
from tests.load.fuzzing.mutations import mutated
from tests.support.client import Client
from tests.support.pictures import base64_of
from tests.support.processes import MIB, memory, watched

AT_ONCE = 3
"""Concurrent uploads: as many as a node accepts on the smallest machine, so that none is refused."""
_LOOKS = 0.1
"""Seconds between two measurements of a node's memory."""


@dataclass(slots=True)
class Fed:
    """The outcome of a run."""

    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    """Answers other than success and refusals of the picture, and processes that ended."""
    seconds: dict[int, float] = field(default_factory=dict)
    """Picture -> seconds of its answer, through the gateway."""
    memory: int = 0
    """Peak memory of the first file node in bytes, including its decoding children."""

    def __str__(self) -> str:
        counted = [f"{count} x {status}" for status, count in sorted(self.statuses.items())]
        slowest = max(self.seconds, key=self.seconds.__getitem__)
        p99 = quantiles(self.seconds.values(), n=100)[98] if len(self.seconds) > 1 else self.seconds[slowest]
        return (
            f"{' '.join(counted)}; answered within {p99:.3f} s (p99), picture {slowest} after "
            f"{self.seconds[slowest]:.3f} s; the node took {self.memory / MIB:.0f} MiB at most"
        )


def feed(stack: Stack, numbers: Iterable[int], *, each: Callable[[], Any] = lambda: None) -> Fed:
    """Upload the pictures of ``numbers`` as profile images, by several users at once.

    ``each`` is called after every picture.
    """
    clients = [Client(stack.address).register(f"fuzzer-{place}-{id(numbers):x}") for place in range(AT_ONCE)]
    before = _processes(stack)
    fed = Fed()

    def upload(client: Client, share: Iterable[int]) -> None:
        for number in share:
            body = {"image": base64_of(mutated(number))}
            began = time.perf_counter()
            answer = client.ask("POST", f"/user/update-image/{client.user['id']}", json=body)
            fed.seconds[number] = time.perf_counter() - began
            fed.statuses[answer.status_code] += 1
            if not _is_good(answer.status_code, answer.json()):
                fed.wrong.append(f"picture {number}: {answer.status_code} {answer.text}")
            each()

    everything = list(numbers)
    with watched(memory, stack.pids["file-1"], every=_LOOKS) as seen, ThreadPoolExecutor(AT_ONCE) as pool:
        for running in [
            pool.submit(partial(upload, client, everything[place::AT_ONCE]))
            for place, client in enumerate(clients)
        ]:
            running.result()
    fed.memory = max(seen)
    fed.wrong += [
        f"process {pid} ({name}) is no more" for pid, name in before.items() if not psutil.pid_exists(pid)
    ]
    return fed


def _is_good(status: int, document: Any) -> bool:
    return status == 200 or (status == 400 and "image" in document.get("errors", {}))


def _processes(stack: Stack) -> dict[int, str]:
    """Return the programs' processes: masters, workers and fork servers, but no decoding children."""
    found: dict[int, str] = {}
    for name, pid in stack.pids.items():
        if pid is not None and name != "postgres":
            found |= {child.pid: name for child in psutil.Process(pid).children()}
            found |= {pid: name} | {
                grandchild.pid: f"{name}'s decoding"
                for child in psutil.Process(pid).children()
                for grandchild in child.children()
            }
    return found

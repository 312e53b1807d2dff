"""Feeding mutated pictures to a running system, and telling what broke."""

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import psutil

from deploy.running.stack import Stack
from tests.client import Client
from tests.fuzzing.mutations import mutated
from tests.pictures import base64_of

AT_ONCE = 3
"""Uploads at once: as many as a node takes on the smallest machine, so that none is turned away."""


def feed(
    stack: Stack, numbers: Iterable[int], *, each: Callable[[], Any] = lambda: None
) -> tuple[Counter[int], list[str]]:
    """Upload the pictures of ``numbers`` as profile images, by several users at once.

    Returns how many answers had which status, and what is wrong: answers other than success and refusals of the
    picture, and processes that are no more. ``each`` is called after every picture.
    """
    clients = [Client(stack.address).register(f"fuzzer-{place}-{id(numbers):x}") for place in range(AT_ONCE)]
    before = _processes(stack)
    statuses: Counter[int] = Counter()
    wrong: list[str] = []

    def upload(client: Client, share: Iterable[int]) -> None:
        for number in share:
            answer = client.ask(
                "POST", f"/user/update-image/{client.user['id']}", json={"image": base64_of(mutated(number))}
            )
            statuses[answer.status_code] += 1
            if not _is_good(answer.status_code, answer.json()):
                wrong.append(f"picture {number}: {answer.status_code} {answer.text}")
            each()

    everything = list(numbers)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for running in [
            pool.submit(partial(upload, client, everything[place::AT_ONCE]))
            for place, client in enumerate(clients)
        ]:
            running.result()
    wrong += [
        f"process {pid} ({name}) is no more" for pid, name in before.items() if not psutil.pid_exists(pid)
    ]
    return statuses, wrong


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

"""A storm of uploads: ``python -m tests.faults.uploads``.

64 clients upload the largest pictures that are taken, all at one moment, through the gateway, while a reader asks for
pages of the catalogue; the same reader alone comes before, for comparison. The load shares the machine.
"""

import base64
import json
import sys
import tempfile
import threading
import time
from collections import Counter
from functools import partial
from statistics import quantiles

import psutil

from deploy.running.stack import Stack
from tests.client import PASSWORD, Client
from tests.moments import at_once
from tests.processes import MIB, memory, watched
from tests.system.test_node_bounds import heavy

AT_ONCE = 64
QUIET = 10
"""Seconds in which the reader is alone."""
NODE, GATEWAY = 512 * MIB, 512 * MIB
"""What they may take, spooled bodies beside it: those of the gateway lie on disk."""
_PAGE = "/admin-volumes?client=1&limit=50"


def read(client: Client, over: threading.Event, seconds: list[float], wrong: list[str]) -> None:
    """Ask for pages until it is over."""
    while not over.is_set():
        began = time.perf_counter()
        answer = client.ask("GET", _PAGE)
        seconds.append(time.perf_counter() - began)
        if answer.status_code != 200:
            wrong.append(f"a page: {answer.status_code}")


def upload(client: Client, body: bytes) -> tuple[int, float]:
    """Return status and seconds of one upload."""
    began = time.perf_counter()
    headers = {"Content-Type": "application/json"}
    answer = client.ask("POST", "/media/add", data=body, headers=headers, timeout=120)
    return answer.status_code, time.perf_counter() - began


def reading(client: Client, during: "threading.Thread | None" = None) -> tuple[list[float], list[str]]:
    """Read while a thread runs, or in quiet; returns how long pages took, and what was wrong."""
    seconds: list[float] = []
    wrong: list[str] = []
    over = threading.Event()
    reader = threading.Thread(target=read, args=(client, over, seconds, wrong))
    reader.start()
    if during:
        during.start()
        during.join()
    else:
        time.sleep(QUIET)
    over.set()
    reader.join()
    return seconds, wrong


def workers(stack: Stack) -> set[int]:
    """Return the processes of the gateway and the file node, but no decoding children."""
    masters = [psutil.Process(stack.pids[name]) for name in ("gateway", "file-1")]
    return {process.pid for master in masters for process in (master, *master.children())}


def storm(stack: Stack) -> list[str]:
    """Run it, print what came of it, and return what is wrong."""
    clients = [Client(stack.address).sign_in("admin", PASSWORD) for _ in range(AT_ONCE)]
    picture = base64.b64encode(heavy("PNG, large")).decode()
    body = json.dumps({"name": "storm", "tags": [], "image": picture}).encode()
    quiet, _ = reading(clients[0])
    answers: list[tuple[int, float]] = []
    burst = threading.Thread(
        target=lambda: answers.extend(at_once([partial(upload, client, body) for client in clients]))
    )
    with watched(memory, stack.pids["file-1"]) as node, watched(memory, stack.pids["gateway"]) as gateway:
        busy, wrong = reading(clients[0], burst)
    statuses = Counter(status for status, _ in answers)
    refused = sorted(seconds for status, seconds in answers if status == 503)
    print(
        f"{AT_ONCE} uploads of {len(body) / MIB:.0f} MiB: {dict(statuses)}; refusals after {refused[0]:.2f} to"
    )
    print(
        f"{refused[-1]:.2f} s, the sending of bodies included; the node took {max(node) / MIB:.0f} MiB at most,"
    )
    print(
        f"the gateway {max(gateway) / MIB:.0f}. Pages: p99 {_p99(quiet)} ms in quiet, {_p99(busy)} ms meanwhile."
    )
    if not statuses.keys() <= {200, 503} or not statuses[200]:
        wrong.append(f"uploads: {statuses}")
    if max(node) > NODE or max(gateway) > GATEWAY:
        wrong.append("too much memory")
    return wrong


def _p99(seconds: list[float]) -> int:
    return round(quantiles(seconds, n=100)[98] * 1000)


def main() -> None:
    """Run the storm; exits 1 when anything was not as promised."""
    with tempfile.TemporaryDirectory(prefix="bunko-storm-") as folder:
        environment = {
            "STATE_DIR": folder,
            "GATEWAY_PORT": "0",
            "ADMIN_PASSWORD": PASSWORD,
            "TRUSTED_PROXIES": "1",
        }
        with Stack(environment) as stack:
            before = workers(stack)
            wrong = storm(stack)
            wrong += [f"process {pid} is no more" for pid in before - workers(stack)]
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()

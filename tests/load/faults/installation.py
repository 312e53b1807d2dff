"""An installation with faulty connections: two gateways, two file nodes, a proxy before each program and the database.

Each program has its own clock; the gateways share one.
"""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import requests

from deploy.stack.stack import Stack
from tests.load.faults.clocks import Clock, clocks
from tests.load.faults.proxy import Proxy, before_database, before_url, through
from tests.support.covered_volumes import settings_of
from tests.support.programs import program

SERVICE_SECONDS, NODE_SECONDS = 5, 10
"""Seconds that the gateways wait here for a service and for a file node."""
SERVICES = ("catalog", "media", "users")
NODES = ("file-1", "file-2")
OWN_DISK = "1g"


@dataclass(frozen=True)
class Installation:
    """The running programs, and the faults that can be injected."""

    stack: Stack
    gateways: tuple[str, ...]
    lines: Mapping[str, Proxy]
    """By the name of the program that is called through it."""
    databases: Mapping[str, Proxy]
    """By the name of the program that calls through it."""
    clocks: Mapping[str, Clock]
    """By the name of the program that uses it."""
    disk: Path | None
    """The separate disk for pictures; None if none can be mounted."""

    @property
    def storage(self) -> Path:
        """The folder of the pictures."""
        return Path(self.stack.configuration.storage_url.removeprefix("file://"))

    def workers(self, name: str) -> list[int]:
        """Return the processes of a program that answer requests."""
        master = psutil.Process(self.stack.pids[name])
        words = master.cmdline()
        workers = []
        for child in master.children():
            with suppress(psutil.Error):
                if child.cmdline() == words:
                    workers.append(child.pid)
        return workers

    def unready(self) -> list[str]:
        """Return the programs that are down or not ready when called without the proxies."""
        services = [self.stack.service_url(name) for name in (*SERVICES, *NODES)]
        return [
            *(name for name, pid in self.stack.pids.items() if pid is None),
            *(url for url in (*self.gateways, *services) if not _is_ready(url)),
        ]


def _is_ready(url: str) -> bool:
    try:
        return requests.get(url + "/health/ready", headers={"Connection": "close"}, timeout=1).ok
    except requests.RequestException:
        return False


@contextmanager
def installation(folder: Path) -> Iterator[Installation]:
    """Run one in ``folder`` during the ``with`` block."""
    with ExitStack() as held:
        disk = _mounted(held, folder / "pictures")
        more = {
            "FILE_NODES": str(len(NODES)),
            "RATE_LIMITS": "off",
            "SERVICE_SECONDS": str(SERVICE_SECONDS),
            "NODE_SECONDS": str(NODE_SECONDS),
            "STORAGE_URL": (folder / "pictures").as_uri(),
        }
        stack = held.enter_context(Stack(settings_of(folder / "state") | more))
        databases = {
            name: held.enter_context(before_database(stack.database_url(name)))
            for name in (*SERVICES, "gateway")
        }
        lines = {
            name: held.enter_context(before_url(stack.service_url(name))) for name in (*SERVICES, *NODES)
        }
        own = clocks(stack, folder, (*SERVICES, *NODES, "gateway"))
        _put_between(stack, lines, databases)
        other = held.enter_context(program(stack, "gateway"))
        yield Installation(stack, (stack.address, other), lines, databases, own, disk)


def _put_between(stack: Stack, lines: Mapping[str, Proxy], databases: Mapping[str, Proxy]) -> None:
    """Restart every program with the addresses of the proxies."""
    urls = {name: f"http://127.0.0.1:{line.port}" for name, line in lines.items()}
    nodes = stack.configuration.state / "nodes"
    nodes.write_text("".join(f"{urls[name]}\n" for name in NODES))
    for name, settings in stack._settings.items():
        if name in databases:
            settings["DATABASE_URL"] = through(databases[name], settings["DATABASE_URL"])
        if "UPSTREAMS" in settings:
            settings["UPSTREAMS"] = json.dumps({service: urls[service] for service in SERVICES})
    stack._settings["gateway"]["FILE_NODES_FILE"] = str(nodes)
    stack.restart()


def _mounted(held: ExitStack, place: Path) -> Path | None:
    """Mount a separate disk for pictures; None if that is not allowed."""
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={OWN_DISK}", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode != 0:
        return None
    held.callback(subprocess.run, ["umount", "--lazy", str(place)], check=True)
    return place

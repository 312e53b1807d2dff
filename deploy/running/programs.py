"""The programs of a stack: their folders, and the environment each gets and no more."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from deploy.installation.configuration import EVERYWHERE, PASSED_ON, ROOT, Configuration
from deploy.installation.keys import Keys
from deploy.installation.version import version
from deploy.running.supervisor import Command

FOLDERS = {
    "gateway": "gateway",
    "catalog": "catalog-service",
    "media": "media-service",
    "users": "user-service",
    "files": "file-service",
}
"""Program -> folder."""

SERVICES = ("catalog", "media", "users")
"""The programs that own a subject; gateway and file nodes call them by these names."""

PATHS = [ROOT, *(ROOT / folder for program, folder in FOLDERS.items() if program != "gateway")]
"""Where the interpreter looks for the packages."""

_MAPPED_FROM = 1024 * 1024
"""Bytes from which the C library gives memory back to the system as soon as it is freed.

Left alone, it learns from the first password (19 MiB of work for argon2) to keep as much for the next one, in each of
the user service's threads. To fetch it anew costs 5 of the 30 ms of CPU that hashing a password takes.
"""

_INHERITED = ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "TZ", "VIRTUAL_ENV")


def names(configuration: Configuration) -> list[str]:
    """Return the programs of a stack, each before those that call it.

    The first node of a service is called as the service is, and a second one ``catalog-2``.
    """
    services = [
        name if number == 1 else f"{name}-{number}"
        for number in range(1, configuration.service_nodes + 1)
        for name in SERVICES
    ]
    files = [f"file-{number}" for number in range(1, configuration.file_nodes + 1)]
    return [*services, *files, "gateway"]


def kind(name: str) -> str:
    """Return what program ``name`` is: ``file-2`` is one of ``files``, ``catalog-2`` one of ``catalog``."""
    program = name.partition("-")[0]
    return "files" if program == "file" else program


def environments(
    configuration: Configuration,
    keys: Keys,
    database: Mapping[str, str],
    ports: Mapping[str, int],
    *,
    replica: Mapping[str, str],
) -> dict[str, dict[str, str]]:
    """Return the settings of every program in ``ports``, by its name.

    ``database`` gives each program that signs in its address, and ``replica`` that of a replica, if there is one.
    """
    upstreams = json.dumps(
        {
            service: ",".join(url(port) for name, port in ports.items() if kind(name) == service)
            for service in SERVICES
        }
    )
    own: dict[str, dict[str, str]] = {
        "gateway": {
            "DATABASE_URL": database["gateway"],
            "UPSTREAMS": upstreams,
            "FILE_NODES_FILE": str(file_nodes_path(configuration.state)),
            "ALLOWED_ORIGINS": configuration.allowed_origins,
            "RATE_LIMITS": _on_off(configuration.rate_limits),
        },
        "users": {
            "COOKIE_SECURE": "1" if configuration.cookie_secure else "0",
            "RATE_LIMITS": _on_off(configuration.rate_limits),
            "MALLOC_MMAP_THRESHOLD_": str(_MAPPED_FROM),
        },
        "files": {
            "UPSTREAMS": upstreams,
            "STORAGE_URL": configuration.storage_url,
        },
    }
    for name in SERVICES:
        own.setdefault(name, {})["DATABASE_URL"] = database[name]
        if name in replica:
            own[name]["DATABASE_REPLICA_URL"] = replica[name]
    code = {"BUNKO_VERSION": version()}
    return {
        name: _common(kind(name), port, configuration) | code | own[kind(name)] | key_settings(name, keys)
        for name, port in ports.items()
    }


def key_settings(name: str, keys: Keys) -> dict[str, str]:
    """Return the settings that hold the signing keys of program ``name``."""
    program = kind(name)
    callers, callees = keys.of_callers(program), keys.for_calls(program)
    return (
        ({"SESSION_KEY": keys.session} if program in {"gateway", "users"} else {})
        | ({"TOKEN_KEYS": json.dumps(callers)} if callers else {})
        | ({"CALL_KEYS": json.dumps(callees)} if callees else {})
    )


def _common(program: str, port: int, configuration: Configuration) -> dict[str, str]:
    passed_on = {
        name: configuration.passed_on[name]
        for name in (*PASSED_ON[program], *EVERYWHERE)
        if name in configuration.passed_on
    }
    return {"BIND": f"127.0.0.1:{port}", "PYTHONPATH": os.pathsep.join(map(str, PATHS))} | passed_on


def command(
    name: str, settings: Mapping[str, str], listener: int | None = None, metrics: int | None = None
) -> Command:
    """Return how to run program ``name`` with ``settings``; nothing else of the runner's environment reaches it."""
    folder = ROOT / FOLDERS[kind(name)]
    return Command(
        [sys.executable, "-m", "gunicorn", "-c", str(folder / "gunicorn.conf.py")],
        inherited() | dict(settings),
        listener=listener,
        metrics=metrics,
    )


def inherited() -> dict[str, str]:
    """Return what every program needs of the runner's own environment."""
    own = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return own | {"PYTHONUNBUFFERED": "1"}


def url(port: int) -> str:
    """Return a program's address on this machine."""
    return f"http://127.0.0.1:{port}"


def env_path(state: Path, name: str) -> Path:
    """Return where a program's settings are written."""
    return state / "run" / f"{name}.env"


def targets_path(state: Path) -> Path:
    """Return the file that tells a Prometheus on this machine where each program shows what it counts."""
    return state / "metrics.json"


def targets(ports: Mapping[str, int]) -> str:
    """Return what Prometheus's ``file_sd_configs`` read: each program's metrics port, its kind as the job."""
    found = [
        {"targets": [f"127.0.0.1:{port}"], "labels": {"job": kind(name)}} for name, port in ports.items()
    ]
    return json.dumps(found, indent=2) + "\n"


def file_nodes_path(state: Path) -> Path:
    """Return the file that tells the gateway the file nodes' addresses, one a line."""
    return state / "run" / "file-nodes"


def _on_off(value: bool) -> str:
    return "on" if value else "off"

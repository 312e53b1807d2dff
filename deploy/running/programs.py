"""The programs of an installation: names, folders and environments."""

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
"""The services, under the names by which gateway and file nodes call them."""

PATHS = [ROOT, *(ROOT / folder for program, folder in FOLDERS.items() if program != "gateway")]
"""PYTHONPATH of every program."""

_MAPPED_FROM = 1024 * 1024
"""Bytes. The C library returns larger blocks to the system as soon as they are freed.

By default it raises this threshold after the first password hash (19 MiB for argon2) and then keeps as much memory in
each thread of the user service. A fresh allocation costs 5 of the 30 ms of CPU of a hash.
"""

_INHERITED = ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "TZ", "VIRTUAL_ENV")


def names(configuration: Configuration) -> list[str]:
    """Return the names of the programs, callees before their callers.

    The first node of a service has the service's name, a second one is ``catalog-2``.
    """
    services = [
        name if number == 1 else f"{name}-{number}"
        for number in range(1, configuration.service_nodes + 1)
        for name in SERVICES
    ]
    files = [f"file-{number}" for number in range(1, configuration.file_nodes + 1)]
    return [*services, *files, "gateway"]


def kind(name: str) -> str:
    """Return the kind of a program: ``files`` for ``file-2``, ``catalog`` for ``catalog-2``."""
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

    ``database`` and ``replica`` map programs to their URLs of the primary and of the replica, which may be absent.
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
    """Return the command that runs program ``name``; its environment is ``inherited`` and ``settings`` only."""
    folder = ROOT / FOLDERS[kind(name)]
    return Command(
        [sys.executable, "-m", "gunicorn", "-c", str(folder / "gunicorn.conf.py")],
        inherited() | dict(settings),
        listener=listener,
        metrics=metrics,
    )


def inherited() -> dict[str, str]:
    """Return the variables that every program inherits from the runner's environment."""
    own = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return own | {"PYTHONUNBUFFERED": "1"}


def url(port: int) -> str:
    """Return the URL of a port on this machine."""
    return f"http://127.0.0.1:{port}"


def env_path(state: Path, name: str) -> Path:
    """Return the path of the file with a program's settings."""
    return state / "run" / f"{name}.env"


def targets_path(state: Path) -> Path:
    """Return the path of the file that lists the programs' metrics for a Prometheus on this machine."""
    return state / "metrics.json"


def targets(ports: Mapping[str, int]) -> str:
    """Return the JSON of that file, for Prometheus's ``file_sd_configs``; the job is the program's kind."""
    found = [
        {"targets": [f"127.0.0.1:{port}"], "labels": {"job": kind(name)}} for name, port in ports.items()
    ]
    return json.dumps(found, indent=2) + "\n"


def file_nodes_path(state: Path) -> Path:
    """Return the path of the file that lists the file nodes' URLs for the gateway, one to a line."""
    return state / "run" / "file-nodes"


def _on_off(value: bool) -> str:
    return "on" if value else "off"

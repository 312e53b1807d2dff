"""The machine of the measurement, and the versions of the programs."""

import json
import os
import platform
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

import psutil

from deploy.postgresql.cluster import binaries
from tests.load.bench import places

_OURS = ("flask", "gunicorn", "gevent", "sqlalchemy", "psycopg2-binary", "httptools")
_PEERS = ("django", "djangorestframework", "flask", "sqlalchemy", "gunicorn", "psycopg2-binary", "requests")


def description() -> list[tuple[str, str]]:
    """Return the facts by name."""
    memory = psutil.virtual_memory().total / 2**30
    facts = [
        ("processor", f"{_processor()}, {os.cpu_count()} cores"),
        ("memory", f"{memory:.0f} GiB"),
        ("system", f"{platform.freedesktop_os_release().get('PRETTY_NAME', '')}, Linux {platform.release()}"),
        ("Python", platform.python_version()),
        (
            "PostgreSQL",
            _said(str(binaries() / "postgres"), "--version").removeprefix("postgres (PostgreSQL) "),
        ),
        ("Bunko runs on", ", ".join(f"{name} {version(name)}" for name in _OURS)),
        ("the Python peers run on", _peers()),
        ("Directus", f"{_directus()}, Node {_said('node', '--version')}"),
        ("nginx", _said("nginx", "-v").removeprefix("nginx version: nginx/")),
        ("wrk", _said("wrk", "-v").partition(" [")[0].removeprefix("wrk ")),
    ]
    return [(name, value) for name, value in facts if value.strip(", ")]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _said(program: str, option: str) -> str:
    """Return the first line that a program prints; empty if it is missing."""
    found = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if not found:
        return ""
    run = subprocess.run([found, option], capture_output=True, text=True, check=False)
    return (run.stdout + run.stderr).strip().splitlines()[0]


def _peers() -> str:
    python = places.kept() / "python" / "bin" / "python"
    if not python.exists():
        return ""
    code = f"from importlib.metadata import version\nfor name in {_PEERS}: print(name, version(name))"
    run = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    return ", ".join(run.stdout.splitlines())


def _directus() -> str:
    path = places.kept() / "directus" / "node_modules" / "directus" / "package.json"
    return str(json.loads(path.read_text(encoding="utf-8"))["version"]) if path.exists() else ""

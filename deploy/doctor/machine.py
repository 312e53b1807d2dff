"""Checks of settings, folders, secrets, ports and programs."""

import os
import shutil
import socket
import stat
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from urllib.parse import unquote, urlsplit

import requests

from deploy.doctor.finding import Finding, Findings
from deploy.installation import configuration, run_state
from deploy.installation.configuration import ROOT, Configuration
from deploy.stack import installation
from shared.settings import read_file

_LEAST_FREE = 1 << 30
"""Bytes. With less free space, PostgreSQL and uploads are about to fail."""
_LEAST_SHARE = 0.05


def settings(_: Configuration, __: Mapping[str, str]) -> Findings:
    """Yield settings in deploy/.env with an unknown name."""
    known = read_file(ROOT / "deploy" / ".env.example")
    for name in configuration.from_file():
        if name not in known and name not in configuration.CREDENTIALS:
            yield Finding(
                f"deploy/.env sets {name}, which is no setting of Bunko",
                "correct its spelling; deploy/.env.example lists every name.",
            )


def folders(chosen: Configuration, _: Mapping[str, str]) -> Findings:
    """Yield folders that are not writable, and disks that are nearly full."""
    watched = {"STATE_DIR": chosen.state}
    storage = urlsplit(chosen.storage_url)
    if storage.scheme == "file":
        watched["STORAGE_URL"] = Path(unquote(storage.path))
    for setting, folder in watched.items():
        # If the folder does not exist yet, its nearest parent that does.
        there = next(path for path in (folder, *folder.parents) if path.exists())
        if not chosen.database_url and not os.access(there, os.W_OK | os.X_OK):
            yield Finding(
                f"{there} is not writable",
                f"chown it to the user that runs Bunko, or set {setting} to another folder.",
            )
        disk = shutil.disk_usage(there)
        if disk.free < _LEAST_FREE or disk.free < disk.total * _LEAST_SHARE:
            yield Finding(
                f"the disk of {there} has {disk.free / 1e9:.1f} GB left of {disk.total / 1e9:.1f}",
                f"free space on it, or move the folder that {setting} names (docs/operating.md, The disk is full).",
            )


def secrets(chosen: Configuration, given: Mapping[str, str]) -> Findings:
    """Yield files of secrets that other users can read."""
    closed = [installation.keys_path(given, chosen.state), chosen.state / "run", ROOT / "deploy" / ".env"]
    if given.get("KEYS_FILE"):
        closed = []  # Mounted readable for all, in a container without other users.
    for path in (*closed, ROOT / "deploy" / "secrets"):
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield Finding(f"{path} can be read by others", f"chmod go= {path}")


def port(chosen: Configuration, given: Mapping[str, str]) -> Findings:
    """Yield the gateway's port if another program uses it."""
    if given.get("KEYS_FILE") or run_state.read(chosen.state) or not chosen.gateway_port:
        return
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", chosen.gateway_port))
        except OSError as error:
            yield Finding(
                f"port {chosen.gateway_port} cannot be used ({error.strerror})",
                "stop the program that uses it, or set GATEWAY_PORT to another.",
            )


def programs(chosen: Configuration, given: Mapping[str, str]) -> Findings:
    """Yield programs that do not run or are not ready."""
    running = run_state.read(chosen.state)
    if running is None:
        if not given.get("KEYS_FILE"):
            yield Finding(f"nothing runs from {chosen.state}", "start it: make up.")
        return
    for name, program in running["programs"].items():
        if program["pid"] is None:
            yield Finding(
                f"{name} is down", "read its last lines in the log; Bunko restarts it automatically."
            )
        elif program["address"] and not _is_ready(program["address"]):
            yield Finding(
                f"{name} is not ready",
                f"see the reason with curl {program['address']}/health/ready, then read its log.",
            )


def _is_ready(address: str) -> bool:
    try:
        return requests.get(f"{address}/health/ready", timeout=5).status_code == HTTPStatus.OK
    except requests.RequestException:
        return False

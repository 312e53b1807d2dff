"""Runs one program alone in the foreground: ``make start PROGRAM=catalog``."""

import os
import sys
from pathlib import Path

from deploy.installation import configuration as configured
from deploy.installation import keys, programs, state
from deploy.postgresql import postgres
from deploy.postgresql.database import NAME as DATABASE
from deploy.postgresql.database import own_cluster
from deploy.problem import Problem
from deploy.running.keeper import Command, launching
from shared.settings import read_file


def main() -> None:
    """Become the program that the second argument names, with the settings that ``make up`` wrote for it."""
    environment = configured.from_file() | os.environ
    folder = configured.read(environment).state
    name = sys.argv[2] if len(sys.argv) > 2 else ""
    known = sorted(path.stem for path in (folder / "run").glob("*.env"))
    if name not in [*known, DATABASE] or not known:
        raise Problem(
            f"Say which program to start, as in make start PROGRAM=catalog: {', '.join([*known, DATABASE])}."
            if known
            else f"Run make up once: it writes what each program needs to {folder / 'run'}."
        )
    running = state.noted(folder)
    if running and running["programs"].get(name, {}).get("pid"):
        raise Problem(
            f"The stack in {folder} runs {name} already (process {running['programs'][name]['pid']})."
        )
    _become(_database(folder) if name == DATABASE else _program(folder, name))


def _program(folder: Path, name: str) -> Command:
    return programs.command(name, read_file(programs.env_path(folder, name)))


def _database(folder: Path) -> Command:
    return postgres.command(own_cluster(folder, keys.load(folder / "secrets")))


def _become(command: Command) -> None:
    words = launching(command, parent=os.getppid())
    os.execve(words[0], words, dict(command.environment))

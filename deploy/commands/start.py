"""``bunko start PROGRAM``: run one program alone in the foreground."""

import os
from pathlib import Path

import click

from deploy.installation import configuration, keys, run_state
from deploy.postgresql import postgres
from deploy.postgresql.database import NAME as DATABASE
from deploy.postgresql.database import own_cluster
from deploy.running import programs
from deploy.running.supervisor import Command, launching
from deploy.user_error import UserError
from shared.settings import read_file


@click.command()
@click.argument("name", metavar="PROGRAM", default="")
def start(name: str) -> None:
    """Run one program alone, with the settings of the last `bunko up`.

    Needed to examine one program by itself, as with a debugger. The command replaces itself by that program.

    \b
    Example:
      bunko start catalog             runs the catalogue service alone
    """
    environment = configuration.from_file() | os.environ
    folder = configuration.read(environment).state
    known = sorted(path.stem for path in (folder / "run").glob("*.env"))
    if not known:
        raise UserError(f"No program has run from {folder} yet", "run make up once.")
    if name not in [*known, DATABASE]:
        fault = f"There is no program {name!r}" if name else "No program is named"
        names = ", ".join([*known, DATABASE])
        raise UserError(fault, f"choose one of {names}, as in make start PROGRAM=catalog.")
    running = run_state.read(folder)
    if running and running["programs"].get(name, {}).get("pid"):
        raise UserError(
            f"{name} runs from {folder} already (process {running['programs'][name]['pid']})",
            "stop that one first.",
        )
    _replace_process(_database(folder) if name == DATABASE else _program(folder, name))


def _program(folder: Path, name: str) -> Command:
    return programs.command(name, read_file(programs.env_path(folder, name)))


def _database(folder: Path) -> Command:
    return postgres.command(own_cluster(folder, keys.load(folder / "secrets")))


def _replace_process(command: Command) -> None:
    words = launching(command, parent=os.getppid())
    os.execve(words[0], words, dict(command.environment))

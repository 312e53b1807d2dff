"""``bunko restart``: restart the programs of a running installation without losing a request."""

import os
import time
from pathlib import Path

import click

from deploy.commands.up import RESTART
from deploy.installation import configuration, run_state
from deploy.user_error import UserError


@click.command("restart")
def restart_all() -> None:
    """Restart the programs of a running system without losing a request.

    Needed after newer code was installed and the database migrated. Each program is started beside the old one, which
    stops once the new one answers. If a new program cannot start, the old one keeps running.

    \b
    Example:
      git pull && make setup && bunko migrate && bunko restart
    """
    restart(configuration.read(configuration.from_file() | os.environ).state)
    print("Every program was restarted.")


def restart(folder: Path) -> None:
    """Signal the runner of the installation in ``folder`` to restart it, and wait for the end.

    Raises ``UserError`` if nothing runs there or a program cannot start.
    """
    before = run_state.read(folder)
    if before is None:
        raise UserError(f"Nothing runs from {folder}", "make up starts it.")
    os.kill(before["runner"], RESTART)
    while (now := run_state.read(folder)) and now["restarts"]["number"] == before["restarts"]["number"]:
        time.sleep(0.1)
    if now is None:
        raise UserError("Bunko was stopped meanwhile.")
    if now["restarts"]["problem"]:
        raise UserError(now["restarts"]["problem"])

"""Restarts the programs of a running stack without losing a request: ``make restart``."""

import os
import time
from pathlib import Path

import click

from deploy.commands.up import RESTART
from deploy.installation import configuration, run_state
from deploy.user_error import UserError


@click.command("restart")
def restart_all() -> None:
    """Restart the programs of a running system, losing no request.

    Needed after newer code was put in place, and migrated to where its schema is newer. Each program is started beside
    the old one, which ends once the new one answers; one that cannot start leaves the old one running.

    \b
    Example:
      git pull && make setup && bunko migrate && bunko restart
    """
    restart(configuration.read(configuration.from_file() | os.environ).state)
    print("Every program was restarted.")


def restart(folder: Path) -> None:
    """Have the runner of the stack in ``folder`` restart it; a Problem where it cannot."""
    before = run_state.read(folder)
    if before is None:
        raise UserError(f"Nothing runs from {folder}: make up starts it.")
    os.kill(before["runner"], RESTART)
    while (now := run_state.read(folder)) and now["restarts"]["number"] == before["restarts"]["number"]:
        time.sleep(0.1)
    if now is None:
        raise UserError("Bunko was stopped meanwhile.")
    if now["restarts"]["problem"]:
        raise UserError(now["restarts"]["problem"])

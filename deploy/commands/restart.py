"""Restarts the programs of a running stack without losing a request: ``make restart``."""

import os
import time
from pathlib import Path

import click

from deploy.commands.up import RESTART
from deploy.installation import configuration as configured
from deploy.installation import state
from deploy.problem import Problem


@click.command("restart")
def restart_all() -> None:
    """Restart the programs of a running system, losing no request.

    Needed after newer code was put in place, and migrated to where its schema is newer. Each program is started beside
    the old one, which ends once the new one answers; one that cannot start leaves the old one running.

    \b
    Example:
      git pull && make setup && bunko migrate && bunko restart
    """
    restart(configured.read(configured.from_file() | os.environ).state)
    print("Every program was restarted.")


def restart(folder: Path) -> None:
    """Have the runner of the stack in ``folder`` restart it; a Problem where it cannot."""
    before = state.noted(folder)
    if before is None:
        raise Problem(f"Nothing runs from {folder}: make up starts it.")
    os.kill(before["runner"], RESTART)
    while (now := state.noted(folder)) and now["restarts"]["number"] == before["restarts"]["number"]:
        time.sleep(0.1)
    if now is None:
        raise Problem("Bunko was stopped meanwhile.")
    if now["restarts"]["problem"]:
        raise Problem(now["restarts"]["problem"])

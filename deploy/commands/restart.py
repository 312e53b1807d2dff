"""Restarts the programs of a running stack without losing a request: ``make restart``."""

import os
import time
from pathlib import Path

from deploy.commands.up import RESTART
from deploy.installation import configuration as configured
from deploy.installation import state
from deploy.problem import Problem


def main() -> None:
    """Ask the runner, and return when all programs run the code that is there now; a Problem where they do not."""
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

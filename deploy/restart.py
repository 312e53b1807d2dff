"""Restarts the programs of a running stack without losing a request: ``make restart``."""

import os
import time

from deploy import configuration as configured
from deploy import state
from deploy.problem import Problem
from deploy.up import RESTART


def main() -> None:
    """Ask the runner, and return when all programs run the code that is there now; a Problem where they do not."""
    folder = configured.read(configured.from_file() | os.environ).state
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
    print("Every program was restarted.")

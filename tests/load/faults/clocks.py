"""Clocks that jump while programs run; see ``clock/sitecustomize.py``."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.stack.stack import Stack

_PLACE = Path(__file__).with_name("clock")


class Clock:
    """The wall clock of a program: its offset is kept in a file at ``path`` and starts at 0."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.step(0)

    def step(self, seconds: int) -> None:
        """Set the clock ahead of the real one, or behind it if ``seconds`` is negative."""
        fresh = self.path.with_suffix(".new")
        fresh.write_text(str(seconds), encoding="utf-8")
        fresh.replace(self.path)


def clocks(stack: Stack, folder: Path, names: Sequence[str]) -> Mapping[str, Clock]:
    """Give each program of ``names`` its own clock, from its next start."""
    own = {}
    for name in names:
        own[name] = Clock(folder / f"{name}.clock")
        settings = stack._settings[name]
        settings["WRONG_CLOCK"] = str(own[name].path)
        settings["PYTHONPATH"] = os.pathsep.join([str(_PLACE), settings["PYTHONPATH"]])
    return own

"""Lets new keys sign, with nobody logged out and no request lost: ``make rotate-keys``.

In two steps, as no token may be signed with a key that somebody does not believe yet: everybody learns the new keys,
and only then everybody signs with them. The old ones are believed until the next time, so that cookies live on: a
month is as long as one lasts. Done twice in a row nothing that was signed before is good any more.
"""

import os
from collections.abc import Callable
from pathlib import Path

import click

from deploy.commands.restart import restart
from deploy.installation import configuration, keys, run_state


@click.command("rotate-keys")
def rotate_keys() -> None:
    """Sign with new keys from now on; nobody is logged out.

    Needed once a year, or when somebody who saw the keys has gone. Bunko may run or not. The old keys are believed
    until the next time: rotated twice in a row, nothing that was signed before is good any more.

    \b
    Example:
      bunko rotate-keys
    """
    folder = configuration.read(configuration.from_file() | os.environ).state
    if run_state.read(folder):
        rotate(folder, lambda: restart(folder))
    else:
        with run_state.held(folder):
            rotate(folder, lambda: None)
    print("New keys sign from now on. The old ones are believed until the keys are rotated again.")


def rotate(folder: Path, start_anew: Callable[[], None]) -> None:
    """Rotate the keys in a state folder; ``start_anew`` restarts all that runs with them."""
    for step in (keys.offer, keys.promote):
        step(folder / "secrets")
        start_anew()

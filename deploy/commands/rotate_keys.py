"""``bunko rotate-keys``: replace the signing keys without ending a session or losing a request.

Rotation takes two steps, because no token may be signed with a key that its verifier does not have yet. In the first,
all programs get the new keys for verification; in the second, they sign with them. The old keys verify until the next
rotation, so cookies stay valid; a cookie lasts a month at most. Two rotations in a row invalidate all earlier tokens.
"""

import os
from collections.abc import Callable
from pathlib import Path

import click

from deploy.commands.restart import restart
from deploy.installation import configuration, keys, run_state


@click.command("rotate-keys")
def rotate_keys() -> None:
    """Replace the signing keys; sessions stay valid.

    Needed once a year, or when a person who had access to the keys has left. Bunko may run or not. The old keys verify
    until the next rotation: two rotations in a row invalidate everything that was signed before.

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
    print("New keys sign from now on. The old ones stay valid until the next rotation.")


def rotate(folder: Path, restart_programs: Callable[[], None]) -> None:
    """Rotate the keys in a state folder; ``restart_programs`` restarts the programs that use them."""
    for step in (keys.offer, keys.promote):
        step(folder / "secrets")
        restart_programs()

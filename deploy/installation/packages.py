"""Whether the Python packages that the lock names are there."""

import re
from importlib.metadata import PackageNotFoundError, version

from deploy.installation.configuration import ROOT
from deploy.user_error import UserError

_LOCKED = re.compile(r"^([a-z0-9-]+)==(\S+) (;.*)?\\$", re.MULTILINE)


def check() -> None:
    """Raise a Problem that names the first package which is missing or not of the locked version."""
    for name, locked, marker in _LOCKED.findall(
        (ROOT / "deploy" / "requirements.txt").read_text(encoding="utf-8")
    ):
        if marker:
            continue  # For some systems only; whoever needs it says so.
        try:
            found = version(name)
        except PackageNotFoundError:
            found = "missing"
        if found != locked:
            raise UserError(
                f"The Python package {name} is {found} where {locked} is needed: remove .venv and run make setup."
            )

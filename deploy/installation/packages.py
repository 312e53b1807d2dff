"""The check that the packages of the lock are installed."""

import re
from importlib.metadata import PackageNotFoundError, version

from deploy.installation.configuration import ROOT
from deploy.user_error import UserError

_LOCKED = re.compile(r"^([a-z0-9-]+)==(\S+) (;.*)?\\$", re.MULTILINE)


def check() -> None:
    """Raise ``UserError`` for the first package that is missing or not of the locked version."""
    for name, locked, marker in _LOCKED.findall(
        (ROOT / "deploy" / "requirements.txt").read_text(encoding="utf-8")
    ):
        if marker:
            continue  # Needed on some systems only; there its import fails.
        try:
            found = version(name)
        except PackageNotFoundError:
            found = "missing"
        if found != locked:
            raise UserError(
                f"The Python package {name} is {found} where {locked} is needed",
                "remove .venv and run make setup.",
            )

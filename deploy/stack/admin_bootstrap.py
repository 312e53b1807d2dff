"""The first administrator, made by the user service's own command."""

import json
import secrets
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.installation.configuration import ROOT, Configuration
from deploy.installation.keys import write_private
from deploy.running.programs import inherited
from deploy.user_error import UserError

_PASSWORD_BYTES = 15


@dataclass(frozen=True, slots=True)
class Administrator:
    """Who can sign in first."""

    username: str
    created: bool
    """Whether this start made the account."""
    password: str | None
    """Only where it was made up and nobody has seen it yet."""
    _kept: Path

    def seen(self) -> None:
        """Forget a made-up password: it has been shown."""
        self._kept.unlink(missing_ok=True)


class AdminBootstrap:
    """The command that makes the administrator, while it runs.

    A made-up password is kept from before the account exists until it has been shown, as a start may end in between.
    """

    def __init__(self, configuration: Configuration, settings: Mapping[str, str]) -> None:
        """Start it, with the user service's ``settings``."""
        self._username = configuration.admin_username
        self._kept = configuration.state / "run" / "first-password"
        self._unseen = _unseen(self._kept, self._username)
        password = configuration.admin_password or self._unseen or self._made_up()
        self._password = None if configuration.admin_password else password
        self._process = subprocess.Popen(
            [sys.executable, "-m", "users.administrator"],
            cwd=ROOT,
            env=inherited() | dict(settings) | {"ADMIN_USERNAME": self._username, "ADMIN_PASSWORD": password},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def result(self) -> Administrator:
        """Wait for it and return who the administrator is; a Problem where none could be made."""
        said, complaint = self._process.communicate(timeout=60)
        if self._process.returncode:
            words = complaint.strip().splitlines() or ["no reason given"]
            raise UserError(f"Cannot make the first administrator: {words[-1]}")
        created = said.split()[-1:] == ["created"]
        show = created or self._unseen is not None
        administrator = Administrator(self._username, created, self._password if show else None, self._kept)
        if not show:
            administrator.seen()
        return administrator

    def cancel(self) -> None:
        """End it, if it still runs."""
        self._process.kill()
        self._process.wait()

    def _made_up(self) -> str:
        password = secrets.token_urlsafe(_PASSWORD_BYTES)
        write_private(self._kept, json.dumps({"username": self._username, "password": password}))
        return password


def _unseen(kept: Path, username: str) -> str | None:
    """The password that an earlier start made up for ``username`` and did not live to show."""
    try:
        first = json.loads(kept.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return str(first["password"]) if first["username"] == username else None

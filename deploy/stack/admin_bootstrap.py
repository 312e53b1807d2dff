"""Creates the first administrator with the user service's command ``users.administrator``."""

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
    """The first administrator's account."""

    username: str
    created: bool
    """True if this start created the account."""
    password: str | None
    """The generated password until it has been shown; None for a chosen one."""
    _kept: Path

    def seen(self) -> None:
        """Delete the stored generated password. Call it after showing the password."""
        self._kept.unlink(missing_ok=True)


class AdminBootstrap:
    """The running command that creates the administrator.

    A generated password is stored before the account is created and kept until it has been shown, as a start may be
    interrupted in between.
    """

    def __init__(self, configuration: Configuration, settings: Mapping[str, str]) -> None:
        """Start the command, with the user service's ``settings`` as its environment."""
        self._username = configuration.admin_username
        self._kept = configuration.state / "run" / "first-password"
        self._unseen = _unseen(self._kept, self._username)
        password = configuration.admin_password or self._unseen or self._generated()
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
        """Wait for the command and return the administrator; raises ``UserError`` if the command failed."""
        said, complaint = self._process.communicate(timeout=60)
        if self._process.returncode:
            words = complaint.strip().splitlines() or ["no reason given"]
            raise UserError(f"Cannot create the first administrator: {words[-1]}")
        created = said.split()[-1:] == ["created"]
        show = created or self._unseen is not None
        administrator = Administrator(self._username, created, self._password if show else None, self._kept)
        if not show:
            administrator.seen()
        return administrator

    def cancel(self) -> None:
        """Kill the command if it still runs."""
        self._process.kill()
        self._process.wait()

    def _generated(self) -> str:
        password = secrets.token_urlsafe(_PASSWORD_BYTES)
        write_private(self._kept, json.dumps({"username": self._username, "password": password}))
        return password


def _unseen(kept: Path, username: str) -> str | None:
    """Return the password that an interrupted start generated for ``username`` and did not show, or None."""
    try:
        first = json.loads(kept.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return str(first["password"]) if first["username"] == username else None

"""Finds the installation to fill and its administrator, from the environment and the run state file."""

import getpass
import json
import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.demo.gateway import Gateway, Refused
from deploy.installation import configuration, run_state
from deploy.installation.configuration import Configuration
from deploy.installation.keys import write_private
from deploy.user_error import UserError

_PASSWORD_BYTES = 12


def settings() -> Configuration:
    """Return the settings that `make up` reads too."""
    return configuration.read(configuration.from_file() | os.environ)


def note(chosen: Configuration) -> Mapping[str, Any]:
    """Return the content of the run state file; raises ``UserError`` if nothing runs."""
    noted = run_state.read(chosen.state)
    if noted is None:
        raise UserError(
            f"Nothing runs from {chosen.state}",
            "start Bunko with `make up` in another terminal"
            " (with the same STATE_DIR, if you set one), then run `make demo` again.",
        )
    return noted


def administrator(chosen: Configuration, noted: Mapping[str, Any]) -> Gateway:
    """Return the gateway signed in as administrator; raises ``UserError`` if the password is unknown or wrong."""
    made_up = noted.get("administrator") or {}
    username = made_up.get("username", chosen.admin_username)
    password = chosen.admin_password or made_up.get("password") or _asked(username)
    try:
        signed_in, user = Gateway(noted["gateway"]).signed_in(username, password)
    except Refused as refused:
        if refused.status not in (401, 429):
            raise
        raise UserError(
            f"{username!r} cannot sign in ({refused.text})",
            "set ADMIN_USERNAME and ADMIN_PASSWORD to an"
            " administrator's name and password, as in ADMIN_PASSWORD=... make demo.",
        ) from None
    if "edit-volumes" not in user["permissions"] or "edit-users" not in user["permissions"]:
        raise UserError(
            f"{username!r} is no administrator", "set ADMIN_USERNAME and ADMIN_PASSWORD to one's."
        )
    return signed_in


def _asked(username: str) -> str:
    if not sys.stdin.isatty():
        raise UserError(
            f"The password of {username!r} is not known here", "set it, as in ADMIN_PASSWORD=... make demo."
        )
    return getpass.getpass(f"Password of {username} (`make up` showed it when it made the account): ")


def passwords(folder: Path, usernames: list[str]) -> dict[str, str]:
    """Return the demo accounts' passwords, generated for this installation and stored before their first use."""
    path = passwords_path(folder)
    kept = _read(path)
    missing = {name: secrets.token_urlsafe(_PASSWORD_BYTES) for name in usernames if name not in kept}
    if missing:
        write_private(path, json.dumps(kept | missing, indent=2) + "\n")
    return kept | missing


def passwords_path(folder: Path) -> Path:
    """Return the path of the file with the demo accounts' passwords."""
    return folder / "demo-passwords.json"


def _read(path: Path) -> dict[str, str]:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): str(password) for name, password in kept.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError) as error:
        raise UserError(
            f"Cannot read the demo accounts' passwords in {path} ({error})", "remove that file."
        ) from None

"""The secrets of one installation: generated once and kept in a file that only its owner may read."""

import json
import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.user_error import UserError

CALLS = (
    ("gateway", "catalog"),
    ("gateway", "media"),
    ("gateway", "users"),
    ("gateway", "files"),
    ("files", "catalog"),
    ("files", "media"),
    ("files", "users"),
)
"""Caller and callee. Each pair has a key of its own, so no program can impersonate another."""

SIGNING = ("session", *(f"{caller}-{callee}" for caller, callee in CALLS))
"""The names of the keys that sign tokens. A value may hold two keys with a comma: the first signs, both verify."""

LOGINS = ("owner", "catalog", "media", "users", "gateway")
"""The logins of the database. The owner's is used only with the installation's own PostgreSQL."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Every secret by its name, such as ``session``, ``gateway-catalog`` or ``database-users``."""

    by_name: dict[str, str]

    @property
    def session(self) -> str:
        """The key that signs session cookies. The gateway and the user service have it."""
        return self.by_name["session"]

    def database_password(self, login: str) -> str:
        """Return the database password of one of ``LOGINS``."""
        return self.by_name[f"database-{login}"]

    def of_callers(self, callee: str) -> dict[str, str]:
        """Return caller -> key, for all programs that may call ``callee``."""
        return {caller: self.by_name[f"{caller}-{to}"] for caller, to in CALLS if to == callee}

    def for_calls(self, caller: str) -> dict[str, str]:
        """Return callee -> key, for all programs that ``caller`` may call."""
        return {to: self.by_name[f"{sender}-{to}"] for sender, to in CALLS if sender == caller}


def load(path: Path) -> Keys:
    """Return the secrets in the file ``path``; missing ones are generated and written there. Raises ``UserError``."""
    names = [*SIGNING, *(f"database-{login}" for login in LOGINS)]
    kept = _read(path)
    missing = [name for name in names if name not in kept]
    if missing:
        kept |= _generated(missing)
        _write(path, kept)
    return Keys(kept)


def offer(path: Path) -> Keys:
    """Add a successor to every signing key, for verification, and drop its predecessor."""
    return _change(path, lambda present, _: f"{present},{secrets.token_hex(32)}")


def promote(path: Path) -> Keys:
    """Sign with the successors; the present keys go on to verify."""
    return _change(path, lambda present, successor: f"{successor},{present}")


def _change(path: Path, change: Callable[[str, str], str]) -> Keys:
    kept = load(path).by_name
    for name in SIGNING:
        first, _, second = kept[name].partition(",")
        kept[name] = change(first, second)
    _write(path, kept)
    return Keys(kept)


def write_private(path: Path, text: str) -> None:
    """Write a file atomically, readable by its owner only."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    with open(
        temporary, "x", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)
    ) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _write(path: Path, kept: Mapping[str, str]) -> None:
    write_private(path, json.dumps(kept, indent=2) + "\n")


def _read(path: Path) -> dict[str, str]:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UserError(
            f"Cannot read the secrets in {path} ({error})", "restore that file from a backup."
        ) from None
    if not isinstance(kept, dict):
        raise UserError(f"The secrets in {path} are damaged", "restore that file from a backup.")
    return {str(name): str(value) for name, value in kept.items()}


def _generated(names: Sequence[str]) -> dict[str, str]:
    return {name: secrets.token_hex(32) for name in names}

"""The secrets of one stack: made up once, kept in its state folder, readable by its owner alone."""

import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.problem import Problem

CALLS = (
    ("gateway", "catalog"),
    ("gateway", "media"),
    ("gateway", "users"),
    ("gateway", "files"),
    ("files", "catalog"),
    ("files", "media"),
    ("files", "users"),
)
"""Who calls whom; each pair has a key of its own, so that nobody can speak for another."""

LOGINS = ("owner", "catalog", "media", "users", "gateway")
"""Who signs in to the database; the owner only where the stack runs its own PostgreSQL."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Every secret by its name, such as ``session``, ``gateway-catalog`` or ``database-users``."""

    by_name: dict[str, str]

    @property
    def session(self) -> str:
        """The key that signs cookies, held by users and gateway."""
        return self.by_name["session"]

    def database_password(self, login: str) -> str:
        """The password one of ``LOGINS`` signs in with."""
        return self.by_name[f"database-{login}"]

    def of_callers(self, callee: str) -> dict[str, str]:
        """Caller -> key, of everybody who may call ``callee``."""
        return {caller: self.by_name[f"{caller}-{to}"] for caller, to in CALLS if to == callee}

    def for_calls(self, caller: str) -> dict[str, str]:
        """Callee -> key, of everybody ``caller`` may call."""
        return {to: self.by_name[f"{sender}-{to}"] for sender, to in CALLS if sender == caller}


def load(path: Path) -> Keys:
    """Return the secrets kept at ``path``; those it lacks are made up and kept."""
    names = [
        "session",
        *(f"{caller}-{to}" for caller, to in CALLS),
        *(f"database-{login}" for login in LOGINS),
    ]
    kept = _read(path)
    missing = [name for name in names if name not in kept]
    if missing:
        kept |= _made_up(missing)
        write_private(path, json.dumps(kept, indent=2) + "\n")
    return Keys(kept)


def write_private(path: Path, text: str) -> None:
    """Write a file that its owner alone may read, whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    with open(
        temporary, "x", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)
    ) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _read(path: Path) -> dict[str, str]:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise Problem(
            f"Cannot read the secrets in {path} ({error}): restore that file from a backup."
        ) from None
    if not isinstance(kept, dict):
        raise Problem(f"The secrets in {path} are damaged: restore that file from a backup.")
    return {str(name): str(value) for name, value in kept.items()}


def _made_up(names: Sequence[str]) -> dict[str, str]:
    return {name: secrets.token_hex(32) for name in names}

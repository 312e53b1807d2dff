"""The secrets of one stack: made up once, kept in its state folder, readable by its owner alone."""

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
"""Who calls whom; each pair has a key of its own, so that nobody can speak for another."""

SIGNING = ("session", *(f"{caller}-{callee}" for caller, callee in CALLS))
"""The keys that sign tokens, by name. A key may be two, separated by a comma: the first signs, both are believed."""

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
    names = [*SIGNING, *(f"database-{login}" for login in LOGINS)]
    kept = _read(path)
    missing = [name for name in names if name not in kept]
    if missing:
        kept |= _made_up(missing)
        _write(path, kept)
    return Keys(kept)


def offer(path: Path) -> Keys:
    """Give every signing key a successor that is believed from now on, and take the one before away."""
    return _change(path, lambda present, _: f"{present},{secrets.token_hex(32)}")


def promote(path: Path) -> Keys:
    """Let the successors sign; what was signed before stays good."""
    return _change(path, lambda present, successor: f"{successor},{present}")


def _change(path: Path, change: Callable[[str, str], str]) -> Keys:
    kept = load(path).by_name
    for name in SIGNING:
        first, _, second = kept[name].partition(",")
        kept[name] = change(first, second)
    _write(path, kept)
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


def _write(path: Path, kept: Mapping[str, str]) -> None:
    write_private(path, json.dumps(kept, indent=2) + "\n")


def _read(path: Path) -> dict[str, str]:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UserError(
            f"Cannot read the secrets in {path} ({error}): restore that file from a backup."
        ) from None
    if not isinstance(kept, dict):
        raise UserError(f"The secrets in {path} are damaged: restore that file from a backup.")
    return {str(name): str(value) for name, value in kept.items()}


def _made_up(names: Sequence[str]) -> dict[str, str]:
    return {name: secrets.token_hex(32) for name in names}

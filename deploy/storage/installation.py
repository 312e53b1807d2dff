"""Which Bunko is meant, and the storages a command was given."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from deploy.installation import configuration, state
from deploy.problem import Problem
from files.store.addresses import storage_at
from files.store.storage import Storage, UnusableAddress


@dataclass(frozen=True, slots=True)
class Installation:
    """One Bunko, running or not."""

    state: Path
    database: str
    """Its address, for the owner."""
    storage: str
    """Where its pictures are, as far as it says itself."""


def settings() -> dict[str, str]:
    """Return what the environment and deploy/.env say; credentials for storage reach the library from there."""
    given = configuration.from_file() | os.environ
    for name in configuration.CREDENTIALS:
        if given.get(name, "").strip():
            os.environ[name] = given[name].strip()
    return {name: value.strip() for name, value in given.items() if value.strip()}


def found(given: Mapping[str, str]) -> Installation:
    """Return the Bunko that is meant: the one that runs from STATE_DIR, or whose database is at DATABASE_URL."""
    chosen = configuration.read(given)
    running = state.noted(chosen.state)
    database = running["database"] if running else chosen.database_url
    if not database:
        raise Problem(
            f"Nothing runs from {chosen.state}: start Bunko with make up in another terminal"
            " (with the same STATE_DIR, if you set one), or set DATABASE_URL."
        )
    storage = running.get("storage") if running and "STORAGE_URL" not in given else None
    return Installation(chosen.state, database, storage or chosen.storage_url)


def opened(setting: str, url: str, *, written: bool = False) -> Storage:
    """Return the storage at ``url``; a Problem that names ``setting`` where it cannot be used.

    Unless it is to be ``written``, a folder must be there, and may be one that nobody can write to.
    """
    parts = urlsplit(url)
    read_only = parts.scheme == "file" and not written
    if read_only and not Path(unquote(parts.path)).is_dir():
        raise Problem(f"{setting} names a folder that is not there: {parts.path}.")
    try:
        storage = storage_at(url)
        if not read_only:
            storage.check()
    except UnusableAddress as error:
        raise Problem(f"{setting} {error}") from None
    except OSError as error:
        raise Problem(f"{setting} names storage that cannot be used: {error}.") from None
    return storage

"""Finds the installation that a command works on, running or not, and opens its storage."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from deploy.installation import configuration, keys, run_state
from deploy.postgresql import database, postgres
from deploy.running.logs import Log
from deploy.user_error import UserError
from files.store.storage import Storage, UnusableAddress
from files.store.storage_url import storage_at
from shared.settings import read_file


@dataclass(frozen=True, slots=True)
class Installation:
    """An installation of Bunko."""

    state: Path
    database: str
    """The owner's URL of its database."""
    storage: str
    """URL of the storage of its pictures."""


def settings() -> dict[str, str]:
    """Return the settings of the environment, of SETTINGS_FILE and of deploy/.env, in this order of precedence.

    Credentials of storage are also put into ``os.environ``, where the S3 library reads them.
    """
    given = configuration.from_file() | _from_settings_file() | os.environ
    for name in configuration.CREDENTIALS:
        if given.get(name, "").strip():
            os.environ[name] = given[name].strip()
    return {name: value.strip() for name, value in given.items() if value.strip()}


def keys_path(given: Mapping[str, str], folder: Path) -> Path:
    """Return the path of an installation's secrets: KEYS_FILE, or a file in the state ``folder``."""
    return Path(given["KEYS_FILE"]) if given.get("KEYS_FILE") else folder / "secrets"


def found(given: Mapping[str, str]) -> Installation:
    """Return the installation that runs from STATE_DIR or uses DATABASE_URL; raises ``UserError`` without either."""
    chosen = configuration.read(given)
    running = run_state.read(chosen.state)
    address = running_database(given)
    if not address:
        raise UserError(
            f"Nothing runs from {chosen.state}",
            "start Bunko with make up in another terminal (with the same STATE_DIR, if you set one),"
            " or set DATABASE_URL.",
        )
    storage = running.get("storage") if running and "STORAGE_URL" not in given else None
    return Installation(chosen.state, address, storage or chosen.storage_url)


def running_database(given: Mapping[str, str]) -> str | None:
    """Return the owner's URL of the database; None for the own PostgreSQL of a stopped installation."""
    chosen = configuration.read(given)
    running = run_state.read(chosen.state)
    return running["database"] if running else chosen.database_url


@contextmanager
def opened(given: Mapping[str, str]) -> Iterator[Installation]:
    """Yield the installation of STATE_DIR or DATABASE_URL.

    The own PostgreSQL of a stopped installation runs during the ``with`` block.
    """
    chosen = configuration.read(given)
    if run_state.read(chosen.state) or chosen.database_url:
        yield found(given)
        return
    if not (chosen.state / "postgres" / "data").exists():
        raise UserError(
            f"There is no Bunko in {chosen.state}",
            "create one with make up, or set STATE_DIR or DATABASE_URL.",
        )
    with run_state.held(chosen.state):
        secret = keys.load(chosen.state / "secrets")
        server = database.start(chosen, secret, Log(silent=True), lambda: None)
        try:
            yield Installation(chosen.state, database.owner_url(chosen, secret), chosen.storage_url)
        finally:
            if server:
                server.stop(postgres.STOP_SECONDS)


def open_storage(setting: str, url: str, *, written: bool = False) -> Storage:
    """Return the storage at ``url``; raises ``UserError``, naming ``setting``, if it cannot be used.

    A folder must exist and be readable; it must also be writable if ``written``.
    """
    parts = urlsplit(url)
    read_only = parts.scheme == "file" and not written
    if read_only and not Path(unquote(parts.path)).is_dir():
        raise UserError(
            f"{setting} names a folder that does not exist ({parts.path})", "set it to an existing folder."
        )
    try:
        storage = storage_at(url)
        if not read_only:
            storage.check()
    except UnusableAddress as error:
        raise UserError(f"{setting} {error}") from None
    except OSError as error:
        raise UserError(
            f"{setting} names storage that cannot be used ({error})", "check its URL and credentials."
        ) from None
    return storage


def _from_settings_file() -> dict[str, str]:
    path = os.environ.get("SETTINGS_FILE", "").strip()
    try:
        return read_file(Path(path)) if path else {}
    except (OSError, ValueError) as error:
        raise UserError(f"SETTINGS_FILE cannot be read ({error})", "set it to a readable file.") from None

"""Which Bunko a command means, running or not, and the storages it was given."""

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
    """One Bunko."""

    state: Path
    database: str
    """Its address, for the owner."""
    storage: str
    """Where its pictures are, as far as it says itself."""


def settings() -> dict[str, str]:
    """Return what the environment says, and where it says nothing, SETTINGS_FILE and deploy/.env.

    Credentials for storage reach the library that speaks S3 from the environment, so they are put there.
    """
    given = configuration.from_file() | _from_settings_file() | os.environ
    for name in configuration.CREDENTIALS:
        if given.get(name, "").strip():
            os.environ[name] = given[name].strip()
    return {name: value.strip() for name, value in given.items() if value.strip()}


def keys_path(given: Mapping[str, str], folder: Path) -> Path:
    """Return the file of an installation's secrets: KEYS_FILE, else the one in its state ``folder``."""
    return Path(given["KEYS_FILE"]) if given.get("KEYS_FILE") else folder / "secrets"


def found(given: Mapping[str, str]) -> Installation:
    """Return the Bunko that is meant: the one that runs from STATE_DIR, or whose database is at DATABASE_URL."""
    chosen = configuration.read(given)
    running = run_state.read(chosen.state)
    address = running_database(given)
    if not address:
        raise UserError(
            f"Nothing runs from {chosen.state}: start Bunko with make up in another terminal"
            " (with the same STATE_DIR, if you set one), or set DATABASE_URL."
        )
    storage = running.get("storage") if running and "STORAGE_URL" not in given else None
    return Installation(chosen.state, address, storage or chosen.storage_url)


def running_database(given: Mapping[str, str]) -> str | None:
    """Return the address of the database, for its owner; None where it is a stopped Bunko's own."""
    chosen = configuration.read(given)
    running = run_state.read(chosen.state)
    return running["database"] if running else chosen.database_url


@contextmanager
def opened(given: Mapping[str, str]) -> Iterator[Installation]:
    """Give the Bunko that is meant; its own PostgreSQL, where it does not run, runs for as long as it is needed."""
    chosen = configuration.read(given)
    if run_state.read(chosen.state) or chosen.database_url:
        yield found(given)
        return
    if not (chosen.state / "postgres" / "data").exists():
        raise UserError(
            f"There is no Bunko in {chosen.state}: make up starts one there; else set STATE_DIR or DATABASE_URL."
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
    """Return the storage at ``url``; a Problem that names ``setting`` where it cannot be used.

    Unless it is to be ``written``, a folder must be there, and may be one that nobody can write to.
    """
    parts = urlsplit(url)
    read_only = parts.scheme == "file" and not written
    if read_only and not Path(unquote(parts.path)).is_dir():
        raise UserError(f"{setting} names a folder that is not there: {parts.path}.")
    try:
        storage = storage_at(url)
        if not read_only:
            storage.check()
    except UnusableAddress as error:
        raise UserError(f"{setting} {error}") from None
    except OSError as error:
        raise UserError(f"{setting} names storage that cannot be used: {error}.") from None
    return storage


def _from_settings_file() -> dict[str, str]:
    path = os.environ.get("SETTINGS_FILE", "").strip()
    try:
        return read_file(Path(path)) if path else {}
    except (OSError, ValueError) as error:
        raise UserError(f"SETTINGS_FILE cannot be read ({error}): name a file that can.") from None

"""Creates a backup. Bunko may run and write meanwhile."""

import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import psycopg2
from sqlalchemy import make_url

from deploy.backup import snapshot
from deploy.backup.database_fingerprint import fingerprint
from deploy.backup.pictures import MissingPicture, each, kept
from deploy.backup.repository import (
    DUMP,
    LIST,
    SECRETS,
    Backup,
    BackupRepository,
    ListedFile,
    finish,
    line_of,
)
from deploy.backup.snapshot import Snapshot
from deploy.postgresql import pg_tools
from deploy.postgresql.bootstrap import reason
from deploy.stack.installation import Installation, open_storage
from deploy.storage.ledgers import Ledgers
from deploy.user_error import UserError
from files.store.storage import Storage

_ATTEMPTS = 3
"""Attempts. A file node that cancels an upload deletes its picture in spite of the lock on sweepers."""


class _Vanished(Exception):
    """A picture that is live in the snapshot was deleted meanwhile; no row refers to it any more."""


def create(
    installation: Installation, keys: Path, repository: BackupRepository, say: Callable[[str], object]
) -> Backup:
    """Create a backup of ``installation`` in ``repository`` and return it; raises ``UserError`` if it fails.

    ``keys`` is the path of the installation's secrets. ``say`` receives progress messages.
    """
    source = open_storage("STORAGE_URL", installation.storage)
    for _ in range(_ATTEMPTS):
        try:
            with snapshot.held(installation.database) as state:
                return _create(state, installation, source, keys, repository, say)
        except _Vanished:
            say("A picture was deleted during the copy: starting over.")
            repository.clear()
        except OSError as error:
            raise UserError(f"The backup stopped ({error})", "fix that, then run it again.") from None
    raise UserError(
        f"Pictures were deleted during the copy in all {_ATTEMPTS} attempts", "run it again later."
    )


def _create(
    state: Snapshot,
    installation: Installation,
    source: Storage,
    keys: Path,
    repository: BackupRepository,
    say: Callable[[str], object],
) -> Backup:
    moment = state.time.astimezone(UTC)
    folder = repository.begin(moment)
    say("Dumping the database ...")
    contents = fingerprint(state.view)
    options = ("--format=custom", f"--snapshot={state.name}", f"--file={folder / DUMP}")
    pg_tools.dump(installation.database, state.server_version, *options)
    pictures = _pictures(state, installation, source, repository, folder)
    if keys.is_file():
        descriptor = os.open(folder / SECRETS, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(keys.read_bytes())
    state.check()
    return finish(
        folder,
        {
            "taken": moment.isoformat(),
            "database": make_url(installation.database).database,
            "postgresql": state.server_version,
            "contents": contents,
            "pictures": pictures,
        },
    )


def _pictures(
    state: Snapshot, installation: Installation, source: Storage, repository: BackupRepository, folder: Path
) -> dict[str, Any]:
    """Copy the pictures that are live in the snapshot and write their list; returns counts for the manifest."""
    count, live = _live(state)
    known = _Known(repository)
    store = repository.store

    def copied(work: tuple[str, dict[str, ListedFile]]) -> tuple[str, list[ListedFile]]:
        try:
            return work[0], kept(work[0], source, store, work[1])
        except MissingPicture:
            return work[0], []

    number = files = size = 0
    missing: list[str] = []
    with (folder / LIST).open("w", encoding="utf-8") as file:
        work = ((key, known.of(key)) for key in live)
        for key, listed in each("Pictures", count, work, copied):
            if not listed:
                missing.append(key)
            file.writelines(map(line_of, listed))
            number, files = number + bool(listed), files + len(listed)
            size += sum(one.size for one in listed)
    if missing and not _are_live(installation.database, missing):
        raise _Vanished
    return {"keys": number, "files": files, "bytes": size, "missing": missing}


def _live(state: Snapshot) -> tuple[int, Iterator[str]]:
    """Return the number of live keys and the keys in order.

    Ends the snapshot's transaction, so that VACUUM does not have to wait until the pictures are copied.
    """
    ledgers = Ledgers(state.view)
    count = ledgers.count_live()
    file = tempfile.TemporaryFile("w+", encoding="ascii")  # noqa: SIM115  # closed with its iterator
    file.writelines(f"{key}\n" for keys in ledgers.live() for key in keys)
    file.seek(0)
    state.view.rollback()
    return count, (line.rstrip("\n") for line in file)


class _Known:
    """The pictures of the newest earlier backup; ``of`` must be called with ascending keys."""

    def __init__(self, repository: BackupRepository) -> None:
        earlier = repository.backups()
        self._rest: Iterator[tuple[str, list[ListedFile]]] = earlier[-1].pictures() if earlier else iter(())
        self._next = next(self._rest, None)

    def of(self, key: str) -> dict[str, ListedFile]:
        """Return the files of a picture, name -> file; empty if that backup does not have the picture."""
        while self._next and self._next[0] < key:
            self._next = next(self._rest, None)
        return {file.name: file for file in self._next[1]} if self._next and self._next[0] == key else {}


def _are_live(database: str, keys: list[str]) -> bool:
    """Return whether all of ``keys`` are live now. Then their files are lost, and another attempt cannot help."""
    try:
        connection = psycopg2.connect(database, connect_timeout=5)
        try:
            connection.autocommit = True
            found = Ledgers(connection).of(keys)
        finally:
            connection.close()
    except psycopg2.Error as error:
        raise UserError(f"The database cannot be read ({reason(error)})", "check that it runs.") from None
    return all(key in found and found[key].state == "live" for key in keys)

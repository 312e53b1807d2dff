"""Taking a backup while Bunko runs and writes."""

import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import psycopg2
from sqlalchemy import make_url

from deploy.backup import clients, snapshot
from deploy.backup.contents import contents
from deploy.backup.pictures import Lost, each, kept
from deploy.backup.shelf import DUMP, LIST, SECRETS, Backup, Listed, Shelf, finish, line_of
from deploy.backup.snapshot import Snapshot
from deploy.installation.place import Place, opened
from deploy.postgresql.bootstrap import reason
from deploy.problem import Problem
from deploy.storage.ledgers import Ledgers
from files.store.storage import Storage

_ATTEMPTS = 3
"""A picture that went although sweepers hold still, as a node gave an upload up, is no reason to fail at once."""


class _Vanished(Exception):
    """A picture went that the snapshot names as live, and nothing refers to any more."""


def take(place: Place, keys: Path, shelf: Shelf, say: Callable[[str], object]) -> Backup:
    """Take a backup of ``place`` and return it; ``keys`` is the file of its secrets. A Problem where it cannot be."""
    source = opened("STORAGE_URL", place.storage)
    for _ in range(_ATTEMPTS):
        try:
            with snapshot.held(place.database) as state:
                return _take(state, place, source, keys, shelf, say)
        except _Vanished:
            say("A picture was deleted meanwhile: beginning anew.")
            shelf.clear()
        except OSError as error:
            raise Problem(f"The backup stopped ({error}): see to that, then run it again.") from None
    raise Problem("Pictures were deleted while they were copied, three times over: run it again later.")


def _take(
    state: Snapshot, place: Place, source: Storage, keys: Path, shelf: Shelf, say: Callable[[str], object]
) -> Backup:
    moment = state.time.astimezone(UTC)
    folder = shelf.begin(moment)
    say("Dumping the database ...")
    held = contents(state.view)
    options = ("--format=custom", f"--snapshot={state.name}", f"--file={folder / DUMP}")
    clients.dump(place.database, state.server_version, *options)
    pictures = _pictures(state, place, source, shelf, folder)
    if keys.is_file():
        descriptor = os.open(folder / SECRETS, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(keys.read_bytes())
    state.check()
    return finish(
        folder,
        {
            "taken": moment.isoformat(),
            "database": make_url(place.database).database,
            "postgresql": state.server_version,
            "contents": held,
            "pictures": pictures,
        },
    )


def _pictures(state: Snapshot, place: Place, source: Storage, shelf: Shelf, folder: Path) -> dict[str, Any]:
    """Copy what the snapshot names as live, and list it; returns how much it is."""
    count, live = _live(state)
    known = _Known(shelf)
    store = shelf.store

    def copied(work: tuple[str, dict[str, Listed]]) -> tuple[str, list[Listed]]:
        try:
            return work[0], kept(work[0], source, store, work[1])
        except Lost:
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
    if missing and not _are_live(place.database, missing):
        raise _Vanished
    return {"keys": number, "files": files, "bytes": size, "missing": missing}


def _live(state: Snapshot) -> tuple[int, Iterator[str]]:
    """Return the live keys in their order, and let the transaction go: old rows need not wait for the pictures."""
    ledgers = Ledgers(state.view)
    count = ledgers.count_live()
    file = tempfile.TemporaryFile("w+", encoding="ascii")  # noqa: SIM115  # closed with what reads it
    file.writelines(f"{key}\n" for keys in ledgers.live() for key in keys)
    file.seek(0)
    state.view.rollback()
    return count, (line.rstrip("\n") for line in file)


class _Known:
    """What the newest earlier backup says of pictures, asked for in the order of their keys."""

    def __init__(self, shelf: Shelf) -> None:
        earlier = shelf.backups()
        self._rest: Iterator[tuple[str, list[Listed]]] = earlier[-1].pictures() if earlier else iter(())
        self._next = next(self._rest, None)

    def of(self, key: str) -> dict[str, Listed]:
        """Return the files of a picture, name -> file; none where it is new."""
        while self._next and self._next[0] < key:
            self._next = next(self._rest, None)
        return {file.name: file for file in self._next[1]} if self._next and self._next[0] == key else {}


def _are_live(database: str, keys: list[str]) -> bool:
    """Whether all of these are named as live now as well: then they are lost, and beginning anew finds them no more."""
    try:
        connection = psycopg2.connect(database, connect_timeout=5)
        try:
            connection.autocommit = True
            found = Ledgers(connection).of(keys)
        finally:
            connection.close()
    except psycopg2.Error as error:
        raise Problem(f"The database cannot be read ({reason(error)}): see that it runs.") from None
    return all(key in found and found[key].state == "live" for key in keys)

"""A database that holds only the three ledgers, and pictures written without the programs."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from psycopg2.sql import SQL, Identifier
from sqlalchemy import make_url

from deploy.installation.configuration import ROOT
from files.store.storage import Storage

LEDGERS = ("catalog", "media", "users")
NAMES = ("high.webp", "scaled.webp")


def key_number(number: int) -> str:
    """Return a distinct key for a number."""
    return hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()


def files_of(key: str) -> dict[str, bytes]:
    """Return the objects that a picture with this key has in the tests."""
    return {name: f"{name} of {key} ".encode() * 400 for name in NAMES}


@dataclass(frozen=True)
class LedgerFixture:
    """The ledgers, and the state folder for commands that read them."""

    database: str
    state: Path

    def add(
        self,
        key: str,
        *storages: Storage,
        ledger: str = "catalog",
        state: str = "live",
        age: str = "1 hour",
    ) -> str:
        """Insert a row that has had its state for ``age``, and write the key's objects to the storages."""
        for storage in storages:
            storage.put(key, files_of(key))
        self.run(
            f"INSERT INTO {ledger}.files (key, state, since) VALUES (%s, %s, now() - %s::interval)",
            key,
            state,
            age,
        )
        return key

    def fill(self, count: int, *storages: Storage) -> list[str]:
        """Add live pictures; return their keys."""
        keys = [key_number(number) for number in range(count)]
        for key in keys:
            for storage in storages:
                storage.put(key, files_of(key))
        self.run(
            "INSERT INTO catalog.files (key, state, since)"
            " SELECT unnest(%s), 'live', now() - interval '1 hour'",
            keys,
        )
        return keys

    def doom(self, key: str) -> None:
        """Remove all references to a picture."""
        for ledger in LEDGERS:
            self.run(f"UPDATE {ledger}.files SET state = 'doomed', since = now() WHERE key = %s", key)

    def forget(self, key: str) -> None:
        """Delete a row."""
        for ledger in LEDGERS:
            self.run(f"DELETE FROM {ledger}.files WHERE key = %s", key)

    def run(self, statement: str, *values: object) -> None:
        """Run a statement and commit."""
        connection = psycopg2.connect(self.database)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement, values)
        finally:
            connection.close()

    def clear(self) -> None:
        """Delete all rows."""
        for ledger in LEDGERS:
            self.run(f"DELETE FROM {ledger}.files")

    def environment(self, **settings: str) -> Mapping[str, str]:
        """Return the environment of a command."""
        paths = os.pathsep.join(sys.path)
        own = {"STATE_DIR": str(self.state), "DATABASE_URL": self.database, "PYTHONPATH": paths}
        return os.environ | own | settings

    def command(self, *words: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of ``bunko`` to its end."""
        return subprocess.run(
            [sys.executable, "-m", "deploy", *words],
            cwd=ROOT,
            env=self.environment(**settings),
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )


def own_database(server: str, name: str) -> str:
    """Create a database on a running server; return its URL for the owner."""
    url = make_url(server)
    connection = psycopg2.connect(server)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    connection.close()
    return url.set(database=name).render_as_string(hide_password=False)


def everything(storage: Storage) -> dict[str, bytes]:
    """Return all objects of a storage, path -> bytes."""
    found = {}
    for entry in storage.listing():
        folder, _, name = entry.path.partition("/")
        file = storage.open(folder, name)
        assert file is not None
        with file:
            found[entry.path] = file.read()
    return found


def expected(*keys: str) -> dict[str, bytes]:
    """Return the objects that a storage with exactly these keys holds."""
    return {f"{key}/{name}": content for key in keys for name, content in files_of(key).items()}

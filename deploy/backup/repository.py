"""A folder of backups, which share the files of their pictures.

pictures/<key>/<name>       every picture of every backup, stored once
2026-11-21T19-30-00-123Z/   one backup; the name without a suffix means that it is complete
    manifest.json           contents, and hashes of the other files
    database.dump           pg_dump's custom format
    pictures.tsv            key/name, bytes and SHA-256 of every stored file, sorted by key
    secrets.json            the installation's keys
"""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from deploy.installation.configuration import make_folder
from deploy.user_error import UserError
from files.store.folder import Folder

DUMP, LIST, SECRETS, MANIFEST = "database.dump", "pictures.tsv", "secrets.json", "manifest.json"
UNFINISHED = ".unfinished"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class ListedFile:
    """One file of a picture, as listed in a backup."""

    key: str
    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Backup:
    """One complete backup."""

    folder: Path
    manifest: dict[str, Any]

    @property
    def name(self) -> str:
        """The name of its folder: the time of its snapshot in UTC."""
        return self.folder.name

    def pictures(self) -> Iterator[tuple[str, list[ListedFile]]]:
        """Return its pictures in the order of their keys, each with its files."""
        with (self.folder / LIST).open(encoding="utf-8") as lines:
            for key, files in groupby(map(_listed, lines), lambda file: file.key):
                yield key, list(files)

    def damage(self) -> list[str]:
        """Return a sentence for each of its own files that is missing or has changed; pictures are not checked."""
        return [
            f"{name} is missing or has changed since the backup was taken"
            for name, wanted in self.manifest["files"].items()
            if not (self.folder / name).is_file() or sha256_of(self.folder / name) != wanted["sha256"]
        ]


class BackupRepository:
    """All backups in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def store(self) -> Folder:
        """The storage of the pictures."""
        return Folder(self.root / "pictures")

    @contextmanager
    def held(self) -> Iterator[None]:
        """Lock the folder during the ``with`` block, creating it if needed.

        Raises ``UserError`` if another process holds the lock.
        """
        make_folder(self.root, "FOLDER", 0o700)
        with (self.root / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise UserError(
                    f"Another backup is being taken in {self.root}", "wait until it ends."
                ) from None
            self.clear()
            try:
                yield
            finally:
                self.clear()

    def begin(self, moment: datetime) -> Path:
        """Create the folder of an unfinished backup of ``moment`` (UTC); ``finish`` gives it its final name.

        The name includes milliseconds, as scripts take two backups within a second. No dump is faster than that.
        """
        name = f"{moment:%Y-%m-%dT%H-%M-%S}-{moment.microsecond // 1000:03d}Z"
        folder = self.root / f"{name}{UNFINISHED}"
        folder.mkdir(mode=0o700)
        return folder

    def clear(self) -> None:
        """Delete the folders of unfinished backups."""
        for left in self.root.glob(f"*{UNFINISHED}"):
            shutil.rmtree(left)

    def backups(self) -> list[Backup]:
        """Return the complete backups, oldest first."""
        found = sorted(self.root.glob(f"*/{MANIFEST}"))
        return [
            Backup(path.parent, _manifest(path))
            for path in found
            if not path.parent.name.endswith(UNFINISHED)
        ]

    def backup(self, name: str | None) -> Backup:
        """Return the backup called ``name``, or the newest for None; raises ``UserError`` if there is none."""
        there = self.backups()
        for backup in reversed(there):
            if name in {None, backup.name}:
                return backup
        raise UserError(
            f"There is no backup{f' {name}' if name else ''} in {self.root}",
            f"available are {', '.join(backup.name for backup in there) or 'none'}.",
        )

    def keep(self, number: int) -> int:
        """Keep the newest ``number`` backups and their pictures, delete the others; returns the number deleted."""
        there = self.backups()
        gone = there[: max(0, len(there) - number)]
        for backup in gone:
            # Renamed first: an interrupted deletion leaves an unfinished backup, not an incomplete one.
            unfinished = backup.folder.rename(backup.folder.with_name(backup.name + UNFINISHED))
            shutil.rmtree(unfinished)
        if gone:
            named = {key for backup in self.backups() for key, _ in backup.pictures()}
            # Only the first level is listed: the folder of a picture is named after its key.
            stored = (entry.name for entry in os.scandir(self.root / "pictures"))
            self.store.delete([key for key in stored if key.removesuffix(".tmp") not in named])
        return len(gone)


def finish(folder: Path, manifest: dict[str, Any]) -> Backup:
    """Write the manifest of an unfinished ``folder``, sync it to disk and rename it to its final name."""
    own = sorted(path for path in folder.iterdir() if path.is_file())
    manifest |= {
        "format": _FORMAT,
        "files": {path.name: {"bytes": path.stat().st_size, "sha256": sha256_of(path)} for path in own},
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    for path in (*own, folder / MANIFEST, folder):
        _sync(path)
    complete = folder.rename(folder.with_name(folder.name.removesuffix(UNFINISHED)))
    _sync(complete.parent)
    return Backup(complete, manifest)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def line_of(file: ListedFile) -> str:
    """Return the line for a file in ``pictures.tsv``."""
    return f"{file.key}/{file.name}\t{file.size}\t{file.sha256}\n"


def _listed(line: str) -> ListedFile:
    path, size, sha256 = line.rstrip("\n").split("\t")
    key, _, name = path.partition("/")
    return ListedFile(key, name, int(size), sha256)


def _manifest(path: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(
            f"{path} cannot be read ({error})", "the backup is damaged, so delete its folder or name another."
        ) from None
    if manifest.get("format") != _FORMAT:
        raise UserError(
            f"{path} has a format unknown to this version", "use the version of Bunko that wrote it."
        )
    return manifest


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

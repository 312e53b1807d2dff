"""Storage in a folder, shared by all file nodes of an installation.

The files of a key appear atomically and after they are durable: they are written and fsync'ed under a
temporary name, which is then renamed. A failed fsync fails the upload and is never retried, because the
kernel has marked the pages clean and a second fsync would succeed without writing them.
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from files.rules.object_names import UNFINISHED
from files.store.storage import Entry

_OF_THE_DISK = "lost+found"
"""Folder that file systems create at their root; it is not part of the storage."""

_ATTEMPTS = 10
"""Attempts to remove a folder that other sweepers may be removing: a listed file may already be gone."""


class Folder:
    """Files under ``root``, as ``<key>/<name>``. ``files.store.storage.Storage`` documents the methods."""

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True, exist_ok=True)

    def put(self, key: str, files: Mapping[str, bytes]) -> None:
        """Store files under a fresh key."""
        unfinished = self._unfinished(key)
        try:
            unfinished.mkdir()
            for name, content in files.items():
                _write(unfinished / name, content)
            _sync_folder(unfinished)
            unfinished.rename(self._root / key)
            _sync_folder(self._root)
        except OSError:
            # Frees the space at once; the sweeper would do so only after a quarter of an hour.
            shutil.rmtree(unfinished, ignore_errors=True)
            raise

    def add(self, key: str, name: str, content: bytes) -> None:
        """Store one more file under an existing key. Raises ``FileNotFoundError`` without its folder."""
        folder = self._root / key
        unfinished = folder / f"{name}.{secrets.token_hex(4)}{UNFINISHED}"
        try:
            _write(unfinished, content)
            unfinished.rename(folder / name)
            _sync_folder(folder)
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise

    def open(self, key: str, name: str, *, whole: bool = True) -> BinaryIO | None:  # noqa: ARG002
        """Return an open file, or None if it does not exist."""
        try:
            return (self._root / key / name).open("rb")
        except FileNotFoundError:
            return None

    def names(self, key: str) -> dict[str, int]:
        """Return names and sizes (bytes) of the files under a key."""
        found = {entry.path.partition("/")[2]: entry.size for entry in _files(self._root / key, f"{key}/")}
        return {name: size for name, size in found.items() if not name.endswith(UNFINISHED)}

    def delete(self, keys: Iterable[str]) -> list[str]:
        """Delete all files under the keys."""
        deleted = [key for key in keys if _removed(self._root / key) and _removed(self._unfinished(key))]
        _sync_folder(self._root)
        return deleted

    def listing(self) -> Iterator[Entry]:
        """Return all files below the root."""
        return (entry for entry in _files(self._root) if not entry.path.startswith(f"{_OF_THE_DISK}/"))

    def check(self) -> None:
        """Raise ``OSError`` unless the folder is writable."""
        with tempfile.TemporaryFile(dir=self._root):
            pass

    def _unfinished(self, key: str) -> Path:
        return self._root / f"{key}{UNFINISHED}"


def _write(path: Path, content: bytes) -> None:
    with path.open("xb", buffering=0) as file:
        rest = memoryview(content)
        while rest:
            rest = rest[file.write(rest) :]
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    """Make the entries of a folder durable; a rename alone is not."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _files(folder: Path, path: str = "") -> Iterator[Entry]:
    """Return all files below a folder, skipping those that disappear during the scan."""
    with suppress(FileNotFoundError), os.scandir(folder) as found:
        for entry in found:
            with suppress(FileNotFoundError):
                if entry.is_dir(follow_symlinks=False):
                    yield from _files(Path(entry.path), f"{path}{entry.name}/")
                else:
                    yield Entry(path + entry.name, entry.stat(follow_symlinks=False).st_size)


def _removed(folder: Path) -> bool:
    """Remove a folder. Return True if it no longer exists, even if another process removed it."""
    for _ in range(_ATTEMPTS):
        try:
            shutil.rmtree(folder)
        except FileNotFoundError:
            # Another sweeper may have deleted one file only; retry while the folder exists.
            if not folder.exists():
                return True
        except OSError:
            return False
        else:
            return True
    return False

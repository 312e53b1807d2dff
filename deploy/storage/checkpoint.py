"""Which keys a copy has put into a storage: all that it may take out again."""

import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

from deploy.storage.ledgers import BATCH

_KEY = 32
"""Characters of a key."""


class Checkpoint:
    """A file of keys, one a line. It outlives the process that writes it, however that ends."""

    def __init__(self, folder: Path, source: str, target: str) -> None:
        """Keep it in ``folder``, one for each pair of storages."""
        pair = hashlib.sha256(f"{source}\n{target}".encode()).hexdigest()[:16]
        self._path = folder / f"storage-copy-{pair}.keys"
        self._guard = threading.Lock()

    def record(self, key: str) -> None:
        """Write a key down, before anything is stored under it."""
        with self._guard, self._path.open("a", encoding="ascii") as file:
            file.write(f"{key}\n")

    def compact(self, gone: Callable[[list[str]], Iterable[str]]) -> None:
        """Strike off the keys that ``gone`` returns of those it is asked about, some at a time."""
        left = self._path.with_suffix(".left")
        with left.open("w", encoding="ascii") as file:
            for keys in self._keys():
                struck = set(gone(keys))
                file.writelines(f"{key}\n" for key in keys if key not in struck)
        left.replace(self._path)

    def _keys(self) -> Iterator[list[str]]:
        if not self._path.exists():
            return
        with self._path.open(encoding="ascii") as file:
            while lines := list(islice(file, BATCH)):
                # A kill may have cut a line short, of a key not stored yet; the next one then stands behind it.
                whole = (line.removesuffix("\n")[-_KEY:] for line in lines if line.endswith("\n"))
                yield list(dict.fromkeys(key for key in whole if len(key) == _KEY))

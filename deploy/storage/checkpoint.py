"""Record of the keys that a copy has put into a storage. The copy may delete only these again."""

import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

from deploy.storage.ledgers import BATCH

_KEY = 32
"""Characters of a key."""


class Checkpoint:
    """A file of keys, one to a line, that survives a kill of the process."""

    def __init__(self, folder: Path, source: str, target: str) -> None:
        """Use the file for this pair of storages in ``folder``."""
        pair = hashlib.sha256(f"{source}\n{target}".encode()).hexdigest()[:16]
        self._path = folder / f"storage-copy-{pair}.keys"
        self._guard = threading.Lock()

    def record(self, key: str) -> None:
        """Append a key. Call it before storing anything under the key."""
        with self._guard, self._path.open("a", encoding="ascii") as file:
            file.write(f"{key}\n")

    def compact(self, gone: Callable[[list[str]], Iterable[str]]) -> None:
        """Remove keys: ``gone`` is called with batches of the recorded keys and returns those to remove."""
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
                # A kill may have cut a line short, before its key was stored. The next key then follows on that line.
                whole = (line.removesuffix("\n")[-_KEY:] for line in lines if line.endswith("\n"))
                yield list(dict.fromkeys(key for key in whole if len(key) == _KEY))

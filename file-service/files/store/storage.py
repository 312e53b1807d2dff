"""What every storage does: files by name under keys.

A key stands for one picture and is never used again. Which names it has is the caller's to know; here they are
only names. Callers see to it that keys and names are harmless (``files.rules.object_names``).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Protocol


class Unavailable(OSError):
    """Storage cannot do what it is asked now: what was asked of it may be done, or not."""


class Denied(Unavailable):
    """Storage answers, but not to us: no such bucket, or credentials that do not open it."""


class UnusableAddress(ValueError):
    """What is wrong with a storage's address; the sentence lacks only the name of the setting at its beginning."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file as it lies on storage."""

    path: str
    """Where, below the storage's root; ``files.rules.object_names.key_of`` tells whose it is."""
    size: int
    """In bytes."""


class Storage(Protocol):
    """A place for files that outlive power cuts."""

    def put(self, key: str, files: Mapping[str, bytes]) -> None:
        """Store ``files`` (name -> bytes) under a key that was never used before.

        When this returns they outlive a power cut. Raises ``OSError``, ``FileExistsError`` for a key that was
        used; what is left then belongs to the key, and goes with it.
        """

    def add(self, key: str, name: str, content: bytes) -> None:
        """Store one more file under a key, in the place of the one that may have its name; as durable as ``put``.

        Readers see the old one or the new one. Raises ``OSError``.
        """

    def open(self, key: str, name: str, *, whole: bool = True) -> BinaryIO | None:
        """Return a file to be read, from anywhere, and closed; None when it is not there.

        Without ``whole`` no bytes are fetched before they are read. Raises ``OSError``, reading it too.
        """

    def names(self, key: str) -> dict[str, int]:
        """Return the names of the files under a key and their sizes in bytes. Raises ``OSError``."""

    def delete(self, keys: Iterable[str]) -> list[str]:
        """Delete all that is stored under ``keys``, half-written uploads included.

        Returns the keys of which nothing is left, not even after a power cut. Raises ``OSError`` when that
        cannot be said of any.
        """

    def listing(self) -> Iterator[Entry]:
        """Return everything there is, in any order: for audits, never to decide what may go.

        What appears or disappears meanwhile may be listed or not. Raises ``OSError``.
        """

    def check(self) -> None:
        """Raise ``OSError`` unless storage can be used, ``Denied`` where waiting will not help."""

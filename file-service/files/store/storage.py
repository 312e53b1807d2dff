"""The storage interface: files by name under keys.

A key identifies one picture and is never reused. Callers choose the file names, and validate keys and names
before they become part of a path (``files.rules.object_names``).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Protocol


class Unavailable(OSError):
    """Storage is unavailable. The operation may or may not have been performed."""


class Denied(Unavailable):
    """Access was denied permanently: the bucket does not exist, or the credentials give no access to it."""


class UnusableAddress(ValueError):
    """A storage URL is invalid. The message continues a sentence that begins with the name of the setting."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored file."""

    path: str
    """Path below the storage root; ``files.rules.object_names.key_of`` returns its key."""
    size: int
    """Size in bytes."""


class Storage(Protocol):
    """Durable storage of files."""

    def put(self, key: str, files: Mapping[str, bytes]) -> None:
        """Store ``files`` (name -> bytes) under a new key.

        On return the files survive a power cut. Raises ``OSError``, and ``FileExistsError`` for a used key.
        Files that remain after an error are removed by ``delete`` of the key.
        """

    def add(self, key: str, name: str, content: bytes) -> None:
        """Store one more file under a key, as durably as ``put``.

        It replaces a file of the same name atomically.

        Raises ``OSError``.
        """

    def open(self, key: str, name: str, *, whole: bool = True) -> BinaryIO | None:
        """Return an open, seekable file, or None if it does not exist. The caller closes it.

        Without ``whole`` no bytes are fetched before they are read. Opening and reading raise ``OSError``.
        """

    def names(self, key: str) -> dict[str, int]:
        """Return names and sizes (bytes) of the files under a key. Raises ``OSError``."""

    def delete(self, keys: Iterable[str]) -> list[str]:
        """Delete all files under ``keys``, including incomplete uploads.

        Return the keys that are deleted completely and durably. Raises ``OSError`` if that is unknown for all
        keys.
        """

    def listing(self) -> Iterator[Entry]:
        """Return all files, in any order. For audits only; deletion must not be based on it.

        Files that are added or removed during the listing may be included or not. Raises ``OSError``.
        """

    def check(self) -> None:
        """Raise ``OSError`` unless storage is usable; ``Denied`` if the failure is permanent."""

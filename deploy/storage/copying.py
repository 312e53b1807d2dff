"""Copies one picture from one storage to another and verifies it. Files with the right hash are skipped."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from deploy.user_error import UserError
from files.store.storage import Storage


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of copying one key."""

    key: str
    files: int = 0
    """Number of files copied."""
    size: int = 0
    """Bytes copied."""
    missing: bool = False
    """True if neither storage has a file of the key."""


def copy(key: str, source: Storage, target: Storage, *, about_to: Callable[[str], None]) -> Outcome:
    """Copy the files of a key that ``target`` lacks or has with other content.

    ``about_to`` is called with the key before the first write. A key without files in ``source`` is left alone: once
    Bunko runs on ``target``, new pictures are only there. Raises ``OSError``, and ``UserError`` if ``target`` returns
    other bytes than were written.
    """
    names, there = source.names(key), target.names(key)
    wanted: dict[str, bytes] = {}
    for name, size in names.items():
        content = _read(source, key, name)
        same_size = there.get(name) == size
        if content is not None and not (same_size and _digest(content) == _digest(_read(target, key, name))):
            wanted[name] = content
    if wanted:
        about_to(key)
        _store(target, key, wanted, fresh=not there)
        for name, content in wanted.items():
            if _digest(_read(target, key, name)) != _digest(content):
                raise UserError(
                    f"{key}/{name} differs between FROM and TO after copying", "check TO, then run it again."
                )
    return Outcome(key, len(wanted), sum(map(len, wanted.values())), missing=not names and not there)


def _store(target: Storage, key: str, files: dict[str, bytes], *, fresh: bool) -> None:
    if not fresh:
        for name, content in files.items():
            target.add(key, name, content)
        return
    try:
        target.put(key, files)
    except FileExistsError:
        # An incomplete copy, from a run that was killed.
        target.delete([key])
        target.put(key, files)


def _read(storage: Storage, key: str, name: str) -> bytes | None:
    file = storage.open(key, name)
    if file is None:
        return None
    with file:
        return file.read()


def _digest(content: bytes | None) -> bytes | None:
    return None if content is None else hashlib.sha256(content).digest()

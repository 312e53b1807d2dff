"""One picture from one storage to another: only what is not there with the right hash, and verified."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from deploy.user_error import UserError
from files.store.storage import Storage


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one key."""

    key: str
    files: int = 0
    """How many were copied."""
    size: int = 0
    """Their bytes."""
    missing: bool = False
    """Whether neither storage has anything."""


def copy(key: str, source: Storage, target: Storage, *, about_to: Callable[[str], None]) -> Outcome:
    """Copy the files of a key that ``target`` lacks or has otherwise; ``about_to`` is told before the first byte.

    A key of which ``source`` has nothing is none of its business: once Bunko runs on ``target``, new pictures are
    there only. Raises ``OSError``, and a Problem where ``target`` does not give back what it was given.
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
                    f"{key}/{name} is not in TO what it is in FROM: check that storage, then run again."
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
        # Half of it, from a copy that was killed.
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

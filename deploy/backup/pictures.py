"""Copies pictures into a backup repository and back into a storage, and verifies them."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, TypeVar

from tqdm import tqdm

from deploy.backup.repository import ListedFile
from deploy.user_error import UserError
from files.store.storage import Storage

_AT_ONCE = 8
"""Pictures copied concurrently; each is held in memory."""
_BATCH = 1000

Work = TypeVar("Work")
Result = TypeVar("Result")


class MissingPicture(Exception):
    """A picture without any file in its storage."""


def kept(key: str, source: Storage, store: Storage, known: dict[str, ListedFile]) -> list[ListedFile]:
    """Copy the files of a picture that ``store`` lacks and return all its files; raises ``MissingPicture``.

    Stored files never change. A file that has the right size in ``store`` and a hash in an earlier backup (``known``,
    by name) is therefore not read again.
    """
    names, there = source.names(key), store.names(key)
    if not names:
        raise MissingPicture(key)
    old = {
        name: known[name]
        for name, size in names.items()
        if there.get(name) == size and name in known and known[name].size == size
    }
    fresh = {name: _read(source, key, name) for name in names if name not in old}
    _put(store, key, fresh, there)
    return sorted(
        [*old.values(), *(_listed(key, name, content) for name, content in fresh.items())],
        key=lambda file: file.name,
    )


def put_back(files: list[ListedFile], store: Storage, target: Storage) -> None:
    """Restore the files of a picture to ``target`` and verify them; raises ``UserError`` if the backup is damaged."""
    key = files[0].key
    for wrong in sound(files, store):
        raise UserError(f"In this backup {wrong}", "name another with --which.")
    contents = {file.name: _read(store, key, file.name) for file in files}
    there = target.names(key)
    wanted = {
        name: content
        for name, content in contents.items()
        if there.get(name) != len(content) or _read(target, key, name) != content
    }
    _put(target, key, wanted, there)
    for name, content in wanted.items():
        if _read(target, key, name) != content:
            raise UserError(
                f"The storage does not return {key}/{name} as it was written", "check the storage."
            )


def sound(files: list[ListedFile], store: Storage) -> list[str]:
    """Return a sentence for each file of a picture that is missing in ``store`` or differs from its hash."""
    wrong = []
    for file in files:
        try:
            if _listed(file.key, file.name, _read(store, file.key, file.name)) == file:
                continue
        except MissingPicture:
            pass
        wrong.append(f"{file.key}/{file.name} is damaged or missing")
    return wrong


def each(what: str, count: int, work: Iterable[Work], do: Callable[[Work], Result]) -> Iterator[Result]:
    """Run ``do`` for every picture in threads, with a progress bar titled ``what``; yields the results in order."""
    rest = iter(work)
    bar: tqdm[Any] = tqdm(total=count, desc=what, unit=" pictures", mininterval=0.5, dynamic_ncols=True)
    with bar, ThreadPoolExecutor(_AT_ONCE) as threads:
        while batch := [threads.submit(do, one) for one in islice(rest, _BATCH)]:
            try:
                for done in batch:
                    yield done.result()
                    bar.update()
            except BaseException:
                threads.shutdown(wait=True, cancel_futures=True)
                raise


def _put(storage: Storage, key: str, files: dict[str, bytes], there: dict[str, int]) -> None:
    if there:
        for name, content in files.items():
            storage.add(key, name, content)
    elif files:
        # An incomplete copy may be there, from a run that was killed.
        storage.delete([key])
        storage.put(key, files)


def _read(storage: Storage, key: str, name: str) -> bytes:
    file = storage.open(key, name)
    if file is None:
        raise MissingPicture(key)
    with file:
        return file.read()


def _listed(key: str, name: str, content: bytes) -> ListedFile:
    return ListedFile(key, name, len(content), hashlib.sha256(content).hexdigest())

"""Compares storage with the ledgers: ``make files-audit``. It reports, and never deletes.

It names stored objects without a row (nobody will ever delete them), and rows without an object, or without all of
its sizes (a reader finds nothing). Bunko may run meanwhile: pictures that just come or go are not reported. Memory
stays small however much there is: the listing is sorted on disk and merged with the rows, which are read page by page.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from heapq import merge
from itertools import groupby
from operator import attrgetter
from typing import get_args
from urllib.parse import quote, unquote

from deploy.stack.installation import Installation, open_storage
from deploy.storage.ledgers import Ledgers, Row, reading
from deploy.storage.sorting import in_order
from deploy.user_error import UserError
from files.rules.object_names import Resolution, file_name, key_of
from files.store.storage import Entry, Storage

NEEDED = frozenset(file_name(resolution) for resolution in get_args(Resolution))
"""The files that every picture has."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What storage holds of a key."""

    key: str
    entries: tuple[Entry, ...]

    @property
    def size(self) -> int:
        """All of it, in bytes."""
        return sum(entry.size for entry in self.entries)

    def lacks(self) -> list[str]:
        """Return the names of needed files that are not there."""
        return sorted(NEEDED - {entry.path.removeprefix(f"{self.key}/") for entry in self.entries})


@dataclass(slots=True)
class Audit:
    """One comparison, and what it has found so far."""

    storage: Storage
    ledgers: Ledgers
    say: Callable[[str], object] = print
    """What to do with each line of the report."""
    rows: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(ledger, state) -> how many."""
    stored: Counter[str] = field(default_factory=Counter)
    """``keys``, ``files`` and ``bytes``; so are the next."""
    unknown: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    incomplete: int = 0

    @property
    def wrong(self) -> bool:
        """Whether anything is."""
        return bool(self.unknown["files"] or self.lost or self.incomplete)

    def run(self) -> None:
        """Compare everything; says each difference as it is found.

        The listing is complete before the first row is read, so a row that is missing then was forgotten, and one
        that was live before and still is was live all the time: neither can be a matter of the moment.
        """
        began = self.ledgers.now()
        lines = in_order(self._lines())
        for found, row in _together(_stored(lines), self.ledgers.rows()):
            if found:
                self.stored.update(keys=1, files=len(found.entries), bytes=found.size)
            if row:
                self.rows[row.ledger, row.state] += 1
                # What became live later than the listing began need not be in it.
                if row.state == "live" and row.since < began and (not found or found.lacks()):
                    self._say_lacking(row, found)
            # What the sweeper took meanwhile, row and all, is not there any more.
            elif found and (left := tuple(filter(self._is_there, found.entries))):
                self.unknown["keys"] += 1
                self._say_unknown(left)

    def _lines(self) -> Iterator[str]:
        """Return the listing, but for what can be under no key: that is said at once."""
        for entry in self.storage.listing():
            if key_of(entry.path) is None:
                self.stored.update(files=1, bytes=entry.size)
                self._say_unknown((entry,))
            else:
                yield f"{quote(entry.path, errors='surrogateescape')}\t{entry.size}\n"

    def _is_there(self, entry: Entry) -> bool:
        folder, _, name = entry.path.partition("/")
        file = self.storage.open(folder, name, whole=False)
        if file is not None:
            file.close()
        return file is not None

    def _say_unknown(self, entries: tuple[Entry, ...]) -> None:
        for entry in entries:
            self.unknown.update(files=1, bytes=entry.size)
            self.say(f"object without a row: {ascii(entry.path)[1:-1]} ({entry.size:,} bytes)")

    def _say_lacking(self, row: Row, stored: Stored | None) -> None:
        if stored is None:
            self.lost += 1
            self.say(f"row without an object: {row.key} ({row.ledger})")
        else:
            self.incomplete += 1
            self.say(
                f"row without all of its object: {row.key} ({row.ledger}) lacks {', '.join(stored.lacks())}"
            )

    def summary(self) -> list[str]:
        """Return what was compared, and how much of it is wrong."""
        ledgers = sorted({ledger for ledger, _ in self.rows})
        return [
            *(
                f"rows in {ledger}: "
                + ", ".join(
                    f"{self.rows[ledger, state]:,} {state}" for state in ("live", "pending", "doomed")
                )
                for ledger in ledgers
            ),
            f"stored: {self.stored['keys']:,} pictures, {_amount(self.stored)}",
            f"objects without a row: {self.unknown['keys']:,} pictures, {_amount(self.unknown)}",
            f"rows without an object: {self.lost:,}, without all of it: {self.incomplete:,}",
        ]


def _amount(counted: Counter[str]) -> str:
    return f"{counted['files']:,} files, {counted['bytes']:,} bytes"


def _stored(lines: Iterator[str]) -> Iterator[Stored]:
    for key, entries in groupby(map(_entry, lines), lambda entry: str(key_of(entry.path))):
        yield Stored(key, tuple(entries))


def _entry(line: str) -> Entry:
    path, _, size = line.rstrip("\n").rpartition("\t")
    return Entry(unquote(path, errors="surrogateescape"), int(size))


def _together(stored: Iterator[Stored], rows: Iterator[Row]) -> Iterator[tuple[Stored | None, Row | None]]:
    """Return both sides, which are sorted by key, side by side."""
    both: Iterator[Stored | Row] = merge(stored, rows, key=attrgetter("key"))
    for _, group in groupby(both, attrgetter("key")):
        found: Stored | None = None
        row: Row | None = None
        for side in group:
            if isinstance(side, Row):
                row = side
            else:
                found = side
        yield found, row


def run(installation: Installation) -> bool:
    """Audit the storage of a Bunko and say what is found; whether nothing is wrong."""
    storage = open_storage("STORAGE_URL", installation.storage)
    print(f"Storage: {installation.storage}", flush=True)
    with reading(installation.database) as ledgers:
        audit = Audit(storage, ledgers)
        try:
            audit.run()
        except OSError as error:
            raise UserError(
                f"The audit stopped ({error}): see that storage answers, then run it again."
            ) from None
    print("\n".join(audit.summary()))
    print(
        "Something is wrong; nothing was changed."
        if audit.wrong
        else "Every object has its row, every row its object."
    )
    return not audit.wrong

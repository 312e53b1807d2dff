"""Compares storage with the ledgers: ``make files-audit``. It reports differences and deletes nothing.

It reports stored objects without a row (no sweeper will delete them), and rows without an object or without some of
its sizes (readers get a 404). Bunko may run meanwhile: pictures being added or deleted are not reported. Memory use
does not depend on the number of pictures: the listing is sorted on disk and merged with the rows page by page.
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
    """The stored files of a key."""

    key: str
    entries: tuple[Entry, ...]

    @property
    def size(self) -> int:
        """Total size in bytes."""
        return sum(entry.size for entry in self.entries)

    def lacks(self) -> list[str]:
        """Return the names of the needed files that are missing."""
        return sorted(NEEDED - {entry.path.removeprefix(f"{self.key}/") for entry in self.entries})


@dataclass(slots=True)
class Audit:
    """One comparison of a storage with the ledgers, and its findings so far."""

    storage: Storage
    ledgers: Ledgers
    say: Callable[[str], object] = print
    """Receives each line of the report."""
    rows: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(ledger, state) -> number of rows."""
    stored: Counter[str] = field(default_factory=Counter)
    """Counts of ``keys``, ``files`` and ``bytes``; so is ``unknown``."""
    unknown: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    incomplete: int = 0

    @property
    def wrong(self) -> bool:
        """True if the audit has found any difference."""
        return bool(self.unknown["files"] or self.lost or self.incomplete)

    def run(self) -> None:
        """Compare everything and report each difference when it is found.

        The listing is complete before the first row is read. An object without a row is therefore not a new upload.
        A row that was live before the listing began and still is was live throughout, so its object must be listed.
        """
        began = self.ledgers.now()
        lines = in_order(self._lines())
        for found, row in _full_join(_stored(lines), self.ledgers.rows()):
            if found:
                self.stored.update(keys=1, files=len(found.entries), bytes=found.size)
            if row:
                self.rows[row.ledger, row.state] += 1
                # A row that became live after the listing began need not be in the listing.
                if row.state == "live" and row.since < began and (not found or found.lacks()):
                    self._report_incomplete(row, found)
            # Checked again: a sweeper may have deleted object and row meanwhile.
            elif found and (left := tuple(filter(self._is_there, found.entries))):
                self.unknown["keys"] += 1
                self._report_unknown(left)

    def _lines(self) -> Iterator[str]:
        """Return the listing as lines. Objects that cannot belong to a key are reported at once and left out."""
        for entry in self.storage.listing():
            if key_of(entry.path) is None:
                self.stored.update(files=1, bytes=entry.size)
                self._report_unknown((entry,))
            else:
                yield f"{quote(entry.path, errors='surrogateescape')}\t{entry.size}\n"

    def _is_there(self, entry: Entry) -> bool:
        folder, _, name = entry.path.partition("/")
        file = self.storage.open(folder, name, whole=False)
        if file is not None:
            file.close()
        return file is not None

    def _report_unknown(self, entries: tuple[Entry, ...]) -> None:
        for entry in entries:
            self.unknown.update(files=1, bytes=entry.size)
            self.say(f"object without a row: {ascii(entry.path)[1:-1]} ({entry.size:,} bytes)")

    def _report_incomplete(self, row: Row, stored: Stored | None) -> None:
        if stored is None:
            self.lost += 1
            self.say(f"row without an object: {row.key} ({row.ledger})")
        else:
            self.incomplete += 1
            self.say(
                f"row without all of its object: {row.key} ({row.ledger}) lacks {', '.join(stored.lacks())}"
            )

    def summary(self) -> list[str]:
        """Return the lines of the summary: rows and objects compared, and differences."""
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


def _full_join(stored: Iterator[Stored], rows: Iterator[Row]) -> Iterator[tuple[Stored | None, Row | None]]:
    """Return a full outer join of both sides by key; both must be sorted by key."""
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
    """Audit the storage of an installation and print the report; returns True if there is no difference."""
    storage = open_storage("STORAGE_URL", installation.storage)
    print(f"Storage: {installation.storage}", flush=True)
    with reading(installation.database) as ledgers:
        audit = Audit(storage, ledgers)
        try:
            audit.run()
        except OSError as error:
            raise UserError(
                f"The audit stopped ({error})", "check that the storage is reachable, then run it again."
            ) from None
    print("\n".join(audit.summary()))
    print(
        "Something is wrong; nothing was changed."
        if audit.wrong
        else "Every object has its row, every row its object."
    )
    return not audit.wrong

"""Moves a running installation's pictures: ``make storage-copy FROM=file:///srv/old TO=s3://bucket/prefix``.

Bunko may run and be used meanwhile. What is copied are the live keys in the ledgers; nothing is found by listing a
storage (but for the names under one key). Every file is read back and compared by SHA-256; what is there with the
right hash already is skipped, so that a copy which was interrupted, or is run again, does only what is left to do.
Pictures that appear during the copy are picked up by passes at its end; pictures that were replaced during it, and
were copied already, are taken out of TO again. FROM is only read.

To switch over:

1. Run ``make storage-copy FROM=... TO=...``. It ends with a line for step 3.
2. Restart Bunko with ``STORAGE_URL`` set to TO.
3. Run that line: it copies what was uploaded between the end of step 1 and the restart. Until it has run, seconds
   later, these few pictures are not found; none is lost, as their bytes are in FROM.
4. ``make files-audit`` says whether every row has its object. Delete FROM when you are sure of it.

A run without SINCE looks at every picture in both storages, as often as you like.
"""

import shlex
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from tqdm import tqdm

from deploy.stack.installation import Installation, open_storage
from deploy.storage.checkpoint import Checkpoint
from deploy.storage.copying import Outcome, copy
from deploy.storage.ledgers import EVER, Ledgers, reading
from deploy.user_error import UserError
from files.store.storage import Storage

_AT_ONCE = 8
"""Pictures under way; each is in memory meanwhile."""
_MARGIN = timedelta(minutes=2)
"""A row says when its transaction began, and may be seen when that commits: half a minute later at the most."""
_CLOSING_PASSES = 10
"""Where uploads never pause, the last of them are left to step 3."""


class Move:
    """One run of the command."""

    def __init__(self, source: Storage, target: Storage, ledgers: Ledgers, checkpoint: Checkpoint) -> None:
        self._source = source
        self._target = target
        self._ledgers = ledgers
        self._journal = checkpoint
        self.files = self.size = self.taken_back = 0
        self.missing: set[str] = set()

    def run(self, since: datetime) -> datetime:
        """Copy what is live, and has been no longer than ``since``; returns until when all of it is there."""
        try:
            until = self._ledgers.now()
            self._pass(since)
            for _ in range(_CLOSING_PASSES):
                before, since, until = self.files, until - _MARGIN, self._ledgers.now()
                self._pass(since, closing=True)
                if self.files == before:
                    break
        finally:
            self._journal.compact(self._take_back)
        return until - _MARGIN

    def _pass(self, since: datetime, *, closing: bool = False) -> None:
        work = partial(copy, source=self._source, target=self._target, about_to=self._journal.record)
        with (
            tqdm(
                total=self._ledgers.count_live(since),
                desc="Closing" if closing else "Copying",
                unit=" pictures",
                mininterval=0.5,
                dynamic_ncols=True,
            ) as bar,
            ThreadPoolExecutor(_AT_ONCE) as threads,
        ):
            for keys in self._ledgers.live(since):
                self._batch(keys, work, threads, bar)

    def _batch(
        self, keys: list[str], work: Callable[[str], Outcome], threads: ThreadPoolExecutor, bar: "tqdm[Any]"
    ) -> None:
        missing = []
        running = [threads.submit(work, key) for key in keys]
        try:
            for done in running:
                outcome = done.result()
                self.files += outcome.files
                self.size += outcome.size
                if outcome.missing:
                    missing.append(outcome.key)
                bar.update()
        except BaseException:
            threads.shutdown(wait=True, cancel_futures=True)
            raise
        # Deleted while it was looked for, unless its row still says that it is live.
        rows = self._ledgers.of(missing)
        self.missing |= {key for key in missing if key in rows and rows[key].state == "live"}

    def _take_back(self, keys: list[str]) -> list[str]:
        """Delete from the target what this command has put there and no row needs any more."""
        rows = self._ledgers.of(keys)
        gone = [key for key in keys if key not in rows or rows[key].state == "doomed"]
        deleted = self._target.delete(gone)
        self.taken_back += len(deleted)
        return deleted


def run(installation: Installation, source_url: str, target_url: str, since: str | None = None) -> None:
    """Copy the live pictures of ``place`` from one storage to the other, those of ``since`` on."""
    if source_url == target_url:
        raise UserError("FROM and TO are the same storage.")
    source = open_storage("FROM", source_url)
    target = open_storage("TO", target_url, written=True)
    installation.state.mkdir(parents=True, exist_ok=True)
    checkpoint = Checkpoint(installation.state, source_url, target_url)
    with reading(installation.database) as ledgers:
        move = Move(source, target, ledgers, checkpoint)
        try:
            until = move.run(_since(since))
        except OSError as error:
            raise UserError(f"The copy stopped ({error}): run it again, and it does what is left.") from None
    _tell(move, source_url, target_url, until)


def _since(text: str | None) -> datetime:
    if not text:
        return EVER
    with suppress(ValueError):
        since = datetime.fromisoformat(text)
        if since.tzinfo is not None:
            return since
    raise UserError(f"SINCE must be a time with its zone, as 2026-11-21T07:30:00+00:00, not {text!r}.")


def _tell(move: Move, source_url: str, target_url: str, until: datetime) -> None:
    print(f"Copied and verified {move.files:,} files, {move.size:,} bytes; the rest was there.")
    if move.taken_back:
        print(f"Took back {move.taken_back:,} pictures that were replaced or deleted meanwhile.")
    if move.missing:
        shown = ", ".join(sorted(move.missing)[:10])
        raise UserError(
            f"{len(move.missing):,} live pictures are in neither storage ({shown}): make files-audit tells all of them."
        )
    again = f"FROM={shlex.quote(source_url)} TO={shlex.quote(target_url)} SINCE={until.isoformat()}"
    print(f"After restarting Bunko with STORAGE_URL set to TO, run:\n  make storage-copy {again}")

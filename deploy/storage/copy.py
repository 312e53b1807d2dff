"""Moves a running installation's pictures: ``make storage-copy FROM=file:///srv/old TO=s3://bucket/prefix``.

Bunko may run and be used meanwhile. The command copies the live keys of the ledgers; it never lists a storage (except
the names under one key). Every file is read back and compared by SHA-256. Files that TO already has with the right
hash are skipped, so an interrupted copy can be run again and does only the rest. Passes at the end copy the pictures
that were uploaded meanwhile. Pictures that were copied and then replaced or deleted are removed from TO again. FROM
is only read.

To switch over:

1. Run ``make storage-copy FROM=... TO=...``. It prints a command for step 3 at its end.
2. Restart Bunko with ``STORAGE_URL`` set to TO.
3. Run that command: it copies pictures uploaded between the end of step 1 and the restart. Until then, seconds later,
   these few pictures are a 404. None is lost: their files are in FROM.
4. Run ``make files-audit``: it checks that every row has its object. Then delete FROM.

A run without SINCE compares every picture in both storages. It can be repeated at any time.
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
"""Pictures copied concurrently; each is held in memory."""
_MARGIN = timedelta(minutes=2)
"""A row's time is the start of its transaction; it becomes visible at the commit, at most half a minute later."""
_CLOSING_PASSES = 10
"""Maximum number of passes at the end. If uploads never pause, step 3 copies the last of them."""


class Move:
    """One run of the command, with counts of what it did."""

    def __init__(self, source: Storage, target: Storage, ledgers: Ledgers, checkpoint: Checkpoint) -> None:
        self._source = source
        self._target = target
        self._ledgers = ledgers
        self._checkpoint = checkpoint
        self.files = self.size = self.removed_again = 0
        self.missing: set[str] = set()

    def run(self, since: datetime) -> datetime:
        """Copy the pictures that became live at or after ``since``.

        Returns a time: all pictures that became live before it are in the target.
        """
        try:
            until = self._ledgers.now()
            self._pass(since)
            for _ in range(_CLOSING_PASSES):
                before, since, until = self.files, until - _MARGIN, self._ledgers.now()
                self._pass(since, closing=True)
                if self.files == before:
                    break
        finally:
            self._checkpoint.compact(self._remove_again)
        return until - _MARGIN

    def _pass(self, since: datetime, *, closing: bool = False) -> None:
        work = partial(copy, source=self._source, target=self._target, about_to=self._checkpoint.record)
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
        # A picture in neither storage was deleted meanwhile, unless its row is still live.
        rows = self._ledgers.of(missing)
        self.missing |= {key for key in missing if key in rows and rows[key].state == "live"}

    def _remove_again(self, keys: list[str]) -> list[str]:
        """Delete those of ``keys``, put into the target by this command, that are doomed or have no row any more."""
        rows = self._ledgers.of(keys)
        gone = [key for key in keys if key not in rows or rows[key].state == "doomed"]
        deleted = self._target.delete(gone)
        self.removed_again += len(deleted)
        return deleted


def run(installation: Installation, source_url: str, target_url: str, since: str | None = None) -> None:
    """Copy the live pictures of ``installation`` from one storage to the other and print the result.

    ``since`` is an ISO 8601 time with its zone; pictures that became live before it are not compared again.
    """
    if source_url == target_url:
        raise UserError("FROM and TO are the same storage", "name two different ones.")
    source = open_storage("FROM", source_url)
    target = open_storage("TO", target_url, written=True)
    installation.state.mkdir(parents=True, exist_ok=True)
    checkpoint = Checkpoint(installation.state, source_url, target_url)
    with reading(installation.database) as ledgers:
        move = Move(source, target, ledgers, checkpoint)
        try:
            until = move.run(_since(since))
        except OSError as error:
            raise UserError(f"The copy stopped ({error})", "run it again to do the rest.") from None
    _report(move, source_url, target_url, until)


def _since(text: str | None) -> datetime:
    if not text:
        return EVER
    with suppress(ValueError):
        since = datetime.fromisoformat(text)
        if since.tzinfo is not None:
            return since
    raise UserError(
        f"SINCE is {text!r}", "it must be a time with its zone, such as 2026-11-21T07:30:00+00:00."
    )


def _report(move: Move, source_url: str, target_url: str, until: datetime) -> None:
    print(f"Copied and verified {move.files:,} files, {move.size:,} bytes; TO already had the rest.")
    if move.removed_again:
        print(f"Removed {move.removed_again:,} pictures again that were replaced or deleted meanwhile.")
    if move.missing:
        shown = ", ".join(sorted(move.missing)[:10])
        raise UserError(
            f"{len(move.missing):,} live pictures are in neither storage ({shown})",
            "make files-audit lists all of them.",
        )
    again = f"FROM={shlex.quote(source_url)} TO={shlex.quote(target_url)} SINCE={until.isoformat()}"
    print(f"After restarting Bunko with STORAGE_URL set to TO, run:\n  make storage-copy {again}")

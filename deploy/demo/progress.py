"""Progress bar and counters of the demo, and the threads that fill it."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, as_completed
from contextlib import suppress
from typing import TypeVar

from tqdm import tqdm

Task = TypeVar("Task")

AT_ONCE = 4
"""Concurrent tasks: enough to keep two cores busy, too few to fill the upload queue."""


class Progress:
    """A thread-safe progress bar with a count of the entries added."""

    def __init__(self, total: int, *, shown: bool = True) -> None:
        """Show a bar of ``total`` steps."""
        self.added: Counter[str] = Counter()
        self._guard = threading.Lock()
        self._stopped = False
        form = "{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}]"
        self._bar = tqdm(total=total, bar_format=form, disable=not shown, mininterval=0.2, dynamic_ncols=True)

    def stage(self, name: str) -> None:
        """Show the name of the current stage."""
        self._bar.set_description(f"{name:<10}")

    def step(self, what: str, *, added: bool) -> None:
        """Count one step; ``added`` is False if the entry existed already."""
        if self._stopped:
            raise CancelledError
        with self._guard:
            self.added[what] += added
            self._bar.update()

    def skip(self, steps: int) -> None:
        """Count steps that are not necessary."""
        with self._guard:
            self._bar.update(steps)

    def close(self) -> None:
        """Remove the bar."""
        self._bar.close()

    def at_once(self, work: Callable[[Task], object], tasks: Iterable[Task]) -> None:
        """Run all tasks, ``AT_ONCE`` at a time; the first failure is raised and stops the others at their next step."""

        def attempt(task: Task) -> None:
            if self._stopped:
                raise CancelledError
            try:
                work(task)
            except BaseException:
                self._stopped = True
                raise

        try:
            with ThreadPoolExecutor(AT_ONCE) as threads:
                self._finish(threads, [threads.submit(attempt, task) for task in tasks])
        finally:
            self._stopped = False

    def _finish(self, threads: ThreadPoolExecutor, running: list[Future[None]]) -> None:
        try:
            for done in as_completed(running):
                # Stopped tasks raise CancelledError; another task has the error itself.
                with suppress(CancelledError):
                    done.result()
        except BaseException:
            self._stopped = True
            threads.shutdown(wait=False, cancel_futures=True)
            raise

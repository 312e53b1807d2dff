"""Sorting what does not fit into memory."""

import heapq
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from typing import IO

AT_ONCE = 100_000
"""Lines in memory: some ten megabytes."""


def in_order(lines: Iterable[str], at_once: int = AT_ONCE) -> Iterator[str]:
    """Return ``lines``, each of which ends in its only newline, in the order of their characters.

    They are read to the end before this returns, and sorted ``at_once`` at a time into temporary files, which are
    merged as they are read.
    """
    rest = iter(lines)
    with ExitStack() as files:
        runs: list[IO[str]] = []
        while run := sorted(islice(rest, at_once)):
            file = files.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n"))
            file.writelines(run)
            file.seek(0)
            runs.append(file)
        return _merged(runs, files.pop_all())


def _merged(runs: list[IO[str]], files: ExitStack) -> Iterator[str]:
    with files:
        yield from heapq.merge(*runs)

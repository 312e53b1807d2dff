"""External merge sort, for lists that do not fit into memory."""

import heapq
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from typing import IO

AT_ONCE = 100_000
"""Lines held in memory: about 10 MB."""


def in_order(lines: Iterable[str], at_once: int = AT_ONCE) -> Iterator[str]:
    """Return ``lines`` sorted by code points; each must end in its only newline.

    Reads all lines before it returns. Runs of ``at_once`` lines are sorted into temporary files, and the returned
    iterator merges them.
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

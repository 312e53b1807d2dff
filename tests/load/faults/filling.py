"""A disk that is full for a while."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PAGE = 4096


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Fill a disk during the ``with`` block."""
    ballast = disk / ".ballast"
    with ballast.open("wb") as file:
        try:
            _fill(file.fileno(), shutil.disk_usage(disk).free)
            yield
        finally:
            ballast.unlink()


def _fill(file: int, free: int) -> None:
    """Take all free space, while others write too."""
    size, step = 0, free
    while step >= _PAGE:
        try:
            os.posix_fallocate(file, size, step)
            size += step
        except OSError:
            step //= 2

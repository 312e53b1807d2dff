"""Gives a program an adjustable wall clock: Python imports this module by its name from PYTHONPATH at its start.

``WRONG_CLOCK`` names a file that says by how many seconds the clock is ahead; it is read at each look, so that it can
jump while the program runs. Monotonic clocks stay as they are, as they do on a machine whose clock is set.
libfaketime (0.9.10) would reach C code as well, but lets ``time.sleep`` of Python 3.11 fail or never return.
"""

import datetime as dt
import os
import time
from pathlib import Path
from typing import Any, Self

_file = Path(os.environ["WRONG_CLOCK"])
_right = time.time


def _wrong() -> float:
    return _right() + float(_file.read_text(encoding="utf-8"))


class _Kind(type):
    """Makes ``isinstance`` accept objects that C code creates."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, _Right)


_Right = dt.datetime


class _Datetime(_Right, metaclass=_Kind):
    @classmethod
    def now(cls, tz: Any = None) -> Self:
        return cls.fromtimestamp(_wrong(), tz)


time.time = _wrong
dt.datetime = _Datetime  # type: ignore[misc]

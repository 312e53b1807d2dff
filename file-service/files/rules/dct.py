"""Discrete cosine transform of small pictures, for perceptual hash and ThumbHash."""

import math
from collections.abc import Iterable, Sequence
from functools import cache
from operator import mul

Rows = Sequence[Sequence[float]]
"""One channel of a picture, row by row."""


def dct(rows: Rows, frequencies: Iterable[tuple[int, int]]) -> list[float]:
    """Return the coefficients of ``rows`` at ``frequencies`` (across, down).

    Each coefficient is divided by the number of pixels.
    The horizontal transform is computed once per frequency, so a picture of 32 x 32 takes a millisecond.
    """
    wanted = list(frequencies)
    height, width = len(rows), len(rows[0])
    columns = {
        across: [sum(map(mul, row, _wave(width, across))) for row in rows]
        for across in {at[0] for at in wanted}
    }
    pixels = width * height
    return [sum(map(mul, columns[across], _wave(height, down))) / pixels for across, down in wanted]


@cache
def _wave(length: int, frequency: int) -> tuple[float, ...]:
    return tuple(math.cos(math.pi / length * frequency * (at + 0.5)) for at in range(length))

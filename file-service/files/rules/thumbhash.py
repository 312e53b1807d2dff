"""ThumbHash: a placeholder of about 25 bytes that front ends show while a picture loads.

The format is Evan Wallace's (https://evanw.github.io/thumbhash), whose decoders exist for every front end.
"""

import base64
import math
from collections.abc import Sequence

from files.rules.dct import Rows, dct

LONGEST = 100
"""Maximum side in pixels; a third of that gives as good a result."""

_NOTHING = 1e-6
"""Coefficients below this are rounding errors."""

Pixel = tuple[int, int, int, int]
"""Red, green, blue and opacity, 0 to 255."""


def thumbhash(width: int, height: int, pixels: Sequence[Pixel]) -> str:
    """Return the ThumbHash of a picture in base64."""
    return base64.b64encode(_hash(width, height, pixels)).decode()


class _Channel:
    """One channel as a constant and coefficients of rising frequency, of four bits each."""

    def __init__(self, rows: Rows, across: int, down: int) -> None:
        frequencies = [(x, y) for y in range(down) for x in range(across) if x * down < across * (down - y)]
        self.constant, *waves = dct(rows, frequencies)
        self.scale = max(map(abs, waves), default=0.0)
        if self.scale < _NOTHING:
            self.scale = 0.0
        self.nibbles = [_rounded(15 * (0.5 + 0.5 * wave / self.scale)) if self.scale else 0 for wave in waves]


def _hash(width: int, height: int, pixels: Sequence[Pixel]) -> bytes:
    opacity = sum(pixel[3] for pixel in pixels) / 255
    see_through = opacity < len(pixels)
    light, yellow, red, alpha = _channels(width, pixels, opacity)
    most = 5 if see_through else 7
    across, down = (max(1, _rounded(most * side / max(width, height))) for side in (width, height))
    of_light = _Channel(light, max(3, across), max(3, down))
    of_yellow, of_red = _Channel(yellow, 3, 3), _Channel(red, 3, 3)
    channels = [of_light, of_yellow, of_red]
    landscape = width > height
    first = _rounded(63 * of_light.constant) | _rounded(31.5 + 31.5 * of_yellow.constant) << 6
    first |= _rounded(31.5 + 31.5 * of_red.constant) << 12 | _rounded(31 * of_light.scale) << 18
    first |= see_through << 23
    second = (down if landscape else across) | _rounded(63 * of_yellow.scale) << 3
    second |= _rounded(63 * of_red.scale) << 9 | landscape << 15
    head = first.to_bytes(3, "little") + second.to_bytes(2, "little")
    if see_through:
        of_alpha = _Channel(alpha, 5, 5)
        channels.append(of_alpha)
        head += bytes([_rounded(15 * of_alpha.constant) | _rounded(15 * of_alpha.scale) << 4])
    return head + _packed([nibble for channel in channels for nibble in channel.nibbles])


def _channels(width: int, pixels: Sequence[Pixel], opacity: float) -> tuple[Rows, Rows, Rows, Rows]:
    """Return lightness, yellow-blue, red-green and opacity, composed over the average colour."""
    average = [sum(pixel[at] * pixel[3] for pixel in pixels) / 65025 / (opacity or 1) for at in range(3)]
    light, yellow, red, alpha = [], [], [], []
    for pixel in pixels:
        seen = pixel[3] / 255
        r, g, b = (average[at] * (1 - seen) + seen * pixel[at] / 255 for at in range(3))
        light.append((r + g + b) / 3)
        yellow.append((r + g) / 2 - b)
        red.append(r - g)
        alpha.append(seen)
    return _rows(light, width), _rows(yellow, width), _rows(red, width), _rows(alpha, width)


def _rows(values: list[float], width: int) -> Rows:
    return [values[at : at + width] for at in range(0, len(values), width)]


def _packed(nibbles: list[int]) -> bytes:
    even = nibbles + [0] * (len(nibbles) % 2)
    return bytes(low | high << 4 for low, high in zip(even[::2], even[1::2], strict=True))


def _rounded(value: float) -> int:
    """Round halves up, as the format's own encoder does."""
    return math.floor(value + 0.5)

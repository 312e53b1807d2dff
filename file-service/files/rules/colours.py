"""The colour that a picture is mostly of."""

from collections import defaultdict
from collections.abc import Iterable

from files.rules.thumbhash import Pixel

_COARSE = 5
"""Bits by which channels are shortened to call two colours the same: eight steps a channel."""


def dominant_colour(pixels: Iterable[Pixel]) -> str:
    """Return the average, as ``#rrggbb``, of the colours most pixels are near to.

    A pixel counts as much as it is opaque; a picture nothing can be seen of is white.
    """
    kinds: defaultdict[tuple[int, int, int], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for red, green, blue, alpha in pixels:
        sums = kinds[red >> _COARSE, green >> _COARSE, blue >> _COARSE]
        sums[0] += red * alpha
        sums[1] += green * alpha
        sums[2] += blue * alpha
        sums[3] += alpha
    *sums, weight = max(kinds.values(), key=lambda sums: sums[3], default=[0, 0, 0, 0])
    if not weight:
        return "#ffffff"
    return "#{:02x}{:02x}{:02x}".format(*(round(total / weight) for total in sums))

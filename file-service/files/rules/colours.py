"""Dominant colour of a picture."""

from collections import defaultdict
from collections.abc import Iterable

from files.rules.thumbhash import Pixel

_COARSE = 5
"""Bits dropped from each channel to group similar colours; eight levels a channel remain."""


def dominant_colour(pixels: Iterable[Pixel]) -> str:
    """Return the average colour, as ``#rrggbb``, of the largest group of similar pixels.

    Pixels are weighted by their opacity. A fully transparent picture is white.
    """
    groups: defaultdict[tuple[int, int, int], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for red, green, blue, alpha in pixels:
        sums = groups[red >> _COARSE, green >> _COARSE, blue >> _COARSE]
        sums[0] += red * alpha
        sums[1] += green * alpha
        sums[2] += blue * alpha
        sums[3] += alpha
    *sums, weight = max(groups.values(), key=lambda sums: sums[3], default=[0, 0, 0, 0])
    if not weight:
        return "#ffffff"
    return "#{:02x}{:02x}{:02x}".format(*(round(total / weight) for total in sums))

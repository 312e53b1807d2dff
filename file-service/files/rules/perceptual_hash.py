"""What tells that two pictures are the same one: a perceptual hash, which survives re-encoding and resizing."""

from collections.abc import Sequence

from files.rules.dct import dct

SIDE = 32
"""Pixels a side of the square that a picture is reduced to, whatever its proportions."""

_NOTHING = 0.05
"""A wave weaker than this, in levels of grey, is what rounding leaves: pictures of one colour have no others."""

_FREQUENCIES = sorted(((x, y) for x in range(11) for y in range(11) if x + y), key=lambda at: (sum(at), at))[
    :64
]
"""The 64 coarsest waves. The constant says how bright a picture is, which is no likeness."""


def perceptual_hash(greys: Sequence[int]) -> str:
    """Return the hash, as 16 hex digits, of ``SIDE`` x ``SIDE`` grey pixels (0 to 255).

    Two hashes that differ in few of their 64 bits are of the same picture; crops and turned pictures are others.
    A picture without any structure hashes to zeros: of such, only equal bytes tell that they are the same.
    """
    waves = dct([greys[at : at + SIDE] for at in range(0, SIDE * SIDE, SIDE)], _FREQUENCIES)
    waves = [wave if abs(wave) > _NOTHING else 0.0 for wave in waves]
    middle = sorted(waves)[len(waves) // 2]
    bits = sum((wave > middle) << place for place, wave in enumerate(waves))
    return f"{bits:016x}"


def distance(one: str, other: str) -> int:
    """Return in how many of their 64 bits two hashes differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()

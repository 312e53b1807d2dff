"""Perceptual hash of a picture. It is stable under re-encoding and resizing."""

from collections.abc import Sequence

from files.rules.dct import dct

SIDE = 32
"""Side, in pixels, of the square that a picture is reduced to regardless of its proportions."""

_NOTHING = 0.05
"""Coefficients below this, in levels of grey, are rounding errors; a single-colour picture has only these."""

_FREQUENCIES = sorted(((x, y) for x in range(11) for y in range(11) if x + y), key=lambda at: (sum(at), at))[
    :64
]
"""The 64 lowest frequencies without the constant, which is the brightness."""


def perceptual_hash(greys: Sequence[int]) -> str:
    """Return the hash, as 16 hex digits, of ``SIDE`` x ``SIDE`` grey pixels (0 to 255).

    Hashes of the same picture differ in few of their 64 bits; cropped and rotated copies count as different
    pictures. A picture without structure has the hash zero; such pictures can only be compared by their
    bytes.
    """
    waves = dct([greys[at : at + SIDE] for at in range(0, SIDE * SIDE, SIDE)], _FREQUENCIES)
    waves = [wave if abs(wave) > _NOTHING else 0.0 for wave in waves]
    middle = sorted(waves)[len(waves) // 2]
    bits = sum((wave > middle) << place for place, wave in enumerate(waves))
    return f"{bits:016x}"


def distance(one: str, other: str) -> int:
    """Return the number of different bits between two hashes, from 0 to 64."""
    return (int(one, 16) ^ int(other, 16)).bit_count()

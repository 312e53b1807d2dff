"""Colours of covers: each series has a family of palettes, and each volume one palette of it."""

from dataclasses import dataclass
from random import Random

Colour = tuple[int, int, int]

_FAMILY = 5


@dataclass(frozen=True, slots=True)
class Palette:
    """Six colours, from the darkest to the one of the paper, and one that stands out."""

    night: Colour
    deep: Colour
    mid: Colour
    light: Colour
    accent: Colour
    paper: Colour


def _read(line: str) -> Palette:
    colours = [tuple(bytes.fromhex(code)) for code in line.split()]
    return Palette(*((red, green, blue) for red, green, blue in colours))


PALETTES = [
    _read(line)
    for line in (
        "1b1033 3d1e6d 8e3b8a f28f79 ffd166 fff4e0",
        "061a2e 0b3c5d 1d7a8c 7fd1c7 ff6b4a f4fbf8",
        "0d1f17 1f4030 3f7d58 b5d99c ffb703 f6f7e8",
        "120608 4a0d16 a4161a ef5b4c f5d547 fbeee6",
        "0c1b33 274c77 6096ba cfe8f7 e63946 ffffff",
        "3a0f2b 7b2152 d6578b f9b4c4 2ec4b6 fff2f4",
        "2b1a10 6b3e1f c47f3a f2cc8f 2a6f97 fdf5e6",
        "0a0a0a 2b2b2b 6e6e6e cfcfcf e10600 f7f7f5",
        "1d1a4b 3a2fd0 ff3d7f ffd23f 21d6c9 ffffff",
        "073b3a 0b6e4f 21b08a b8f2d8 ff5964 fbfff9",
        "160f29 31267a 6a4fd0 b9a7ff f9c80e f7f4ff",
        "231709 5b3a0e b7791f f6d27a 8c1c13 fff8e7",
        "0b0221 2d0a5f c11cad ff8be0 00e5f5 fdf0ff",
        "101820 2c3e50 5d7b93 c9d6df fee715 f5f7fa",
        "2d132c 801336 e0474c ff9a76 ffe3b3 fff7ee",
        "07232b 0f4c5c 2c8c99 9adbd0 fb8b24 fff8f0",
        "1e2a10 4b6b12 9ec232 f5f078 e4572e fffde8",
        "0a1128 1c2f63 3b5ba5 a9c0f0 e8b63a f9f7ef",
        "241023 4b1d52 7d6b9e d9c6e2 f4a259 faf6ee",
        "12355b 2a7fc0 6ec3f4 d6f1ff ff8811 ffffff",
        "1f0f0a 5c2a1a b5532d f0a868 3fb8af fff4ea",
        "021512 06302b 0f6b54 57d98c f6f740 f2fff7",
    )
]


def of_series(seed: str) -> list[Palette]:
    """Return the family of palettes of a series; equal for equal ``seed``."""
    return Random(f"palette {seed}").sample(PALETTES, _FAMILY)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """Return the colour between two, ``share`` of the way to ``other``."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def luminance(colour: Colour) -> float:
    """Return the luminance of a colour, 0 to 1."""
    red, green, blue = colour
    return (0.299 * red + 0.587 * green + 0.114 * blue) / 255


def readable_on(ground: Colour, palette: Palette) -> Colour:
    """Return the palette's darkest or lightest colour, whichever contrasts more with ``ground``."""
    return palette.night if luminance(ground) > 0.5 else palette.paper

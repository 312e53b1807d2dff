"""Draws the default profile image, a head with shoulders."""

from pathlib import Path

from PIL import Image, ImageDraw

_SIDE = 800
_FINE = 4
"""Supersampling factor: the picture is drawn larger and reduced, which smooths its edges."""
_GROUND = (203, 213, 225)
_FIGURE = (100, 116, 139)


def draw() -> Image.Image:
    """Return the picture in its larger size."""
    side = _SIDE * _FINE
    picture = Image.new("RGB", (side, side), _GROUND)
    pen = ImageDraw.Draw(picture)
    _ellipse(pen, side, middle=(0.5, 0.40), radii=(0.19, 0.19))
    _ellipse(pen, side, middle=(0.5, 1.02), radii=(0.36, 0.36))
    return picture.resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)


def _ellipse(
    pen: ImageDraw.ImageDraw, side: int, *, middle: tuple[float, float], radii: tuple[float, float]
) -> None:
    (x, y), (across, down) = middle, radii
    pen.ellipse([(x - across) * side, (y - down) * side, (x + across) * side, (y + down) * side], _FIGURE)


if __name__ == "__main__":
    high = draw()
    for name, size in (("high.webp", _SIDE), ("scaled.webp", _SIDE // 2)):
        high.resize((size, size), Image.Resampling.LANCZOS).save(Path(__file__).parent / name, quality=80)

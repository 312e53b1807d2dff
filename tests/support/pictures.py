"""Pictures for tests that show their orientation and what happened to their colours."""

import base64
import io
from typing import Any

from PIL import Image

RED, GREEN, BLUE, YELLOW = (220, 30, 30), (30, 160, 60), (40, 60, 200), (230, 210, 40)
CORNERS = (RED, GREEN, BLUE, YELLOW)
"""Top left, top right, bottom left, bottom right."""

Colour = tuple[int, ...]


def quarters(width: int = 600, height: int = 400) -> Image.Image:
    """Return a picture with one colour in each quarter."""
    picture = Image.new("RGB", (width, height))
    left, top = width // 2, height // 2
    for place, colour in zip(((0, 0), (left, 0), (0, top), (left, top)), CORNERS, strict=True):
        picture.paste(colour, (*place, place[0] + width - left, place[1] + height - top))
    return picture


def noise(width: int, height: int) -> Image.Image:
    """Return a picture of noise, which no format compresses well."""
    return Image.effect_noise((width, height), 80).convert("RGB")


def encoded(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """Return a picture encoded as a file."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def base64_of(picture: Image.Image | bytes, kind: str = "PNG", **options: Any) -> str:
    """Return a picture in base64, as uploads carry it."""
    data = picture if isinstance(picture, bytes) else encoded(picture, kind, **options)
    return base64.b64encode(data).decode()


def opened(data: bytes) -> Image.Image:
    """Decode the picture of a file."""
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def corners(picture: Image.Image) -> tuple[Colour, ...]:
    """Return the colours in the middle of each quarter, in the order of ``CORNERS``."""
    width, height = picture.size
    places = ((1, 1), (3, 1), (1, 3), (3, 3))
    rgb = picture.convert("RGB")
    return tuple(_pixel(rgb, (x * width // 4, y * height // 4)) for x, y in places)


def alike(one: Colour, other: Colour, *, tolerance: int = 12) -> bool:
    """Return whether two colours differ by no more than a lossy format causes."""
    return all(abs(a - b) <= tolerance for a, b in zip(one, other, strict=True))


def looks_like(picture: Image.Image, colours: tuple[Colour, ...] = CORNERS, *, tolerance: int = 12) -> bool:
    """Return whether the quarters of a picture have these colours."""
    return all(alike(a, b, tolerance=tolerance) for a, b in zip(corners(picture), colours, strict=True))


def _pixel(picture: Image.Image, place: tuple[int, int]) -> Colour:
    pixel = picture.getpixel(place)
    assert isinstance(pixel, tuple)
    return pixel

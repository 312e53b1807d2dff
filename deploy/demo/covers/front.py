"""Front covers."""

from random import Random

from PIL import Image

from deploy.demo.books import Volume
from deploy.demo.covers import palettes, words
from deploy.demo.covers.canvas import Canvas, printed
from deploy.demo.covers.fonts import is_east_asian
from deploy.demo.covers.layouts import LAYOUTS
from deploy.demo.covers.palettes import Palette
from deploy.demo.covers.parts import Design
from deploy.demo.covers.scenes import SCENES
from deploy.demo.covers.silhouettes import looks

HEIGHT = 900
"""Pixels of every front and back cover."""

_BOOKISH = ("frame", "poster", "block")
_ORDINARY = ("banner", "side", "poster", "banner", "block")
_FRONTAL = ("banner", "poster", "block")


def size(volume: Volume) -> tuple[int, int]:
    """Return width and height in pixels of a volume's front cover, in proportion to its measures."""
    wide, high = centimetres(volume)
    return round(HEIGHT * wide / high), HEIGHT


def centimetres(volume: Volume) -> tuple[float, float]:
    """Return width and height of a volume in centimetres."""
    wide, high = volume.measures.removesuffix(" cm").split(" x ")
    return float(wide), float(high)


def palette(volume: Volume) -> Palette:
    """Return the colours of a volume: all its editions have the same."""
    family = palettes.of_series(f"{volume.series.type}/{volume.series.name}")
    return family[(volume.number or len(volume.name)) % len(family)]


def front(volume: Volume) -> Image.Image:
    """Draw a volume's front cover."""
    design = Design(
        size(volume), palette(volume), _face(volume), words.of(volume), lambda pixels: scene(volume, pixels)
    )
    return printed(LAYOUTS[layout(volume)](design))


def scene(volume: Volume, pixels: tuple[int, int]) -> Image.Image:
    """Paint the scene of a volume's cover."""
    series = volume.series
    name = f"{series.type}/{series.name}"
    canvas = Canvas(pixels, palette(volume), f"{name}/{volume.number or volume.name}")
    SCENES[series.scene](canvas, looks(name, series.scene))
    return canvas.finished()


def layout(volume: Volume) -> str:
    """Return the layout of a volume, the same for its whole edition."""
    series = volume.series
    bookish = series.type in ("Novel", "Other")
    if series.album:
        return "album"
    if volume.hardcover and not bookish:
        return "frame"
    tall = any(is_east_asian(title) for title in series.titles.values())
    choices = _BOOKISH if bookish else _ORDINARY if tall else _FRONTAL
    return Random(f"layout {series.type}/{series.name}/{volume.edition}").choice(choices)


def _face(volume: Volume) -> str:
    if not is_east_asian(volume.series.title(volume.language)):
        return volume.series.face
    return "noto-serif" if volume.series.face in ("cinzel", "noto-serif") else "noto-sans"

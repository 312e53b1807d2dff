"""The canvas of scenes, and the strokes that they share.

Scenes are painted at twice their size and reduced at the end, which smooths every edge.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from math import cos, hypot, pi, sin
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from deploy.demo.covers.palettes import Colour, Palette

OVERSIZE = 2
Point = tuple[float, float]


class Canvas:
    """A picture being painted. Lengths are shares: of the width across, of the height down."""

    def __init__(self, size: tuple[int, int], palette: Palette, seed: str) -> None:
        """Start a picture of ``size`` pixels; equal ``seed`` gives equal pictures."""
        self.size = size
        self.width, self.height = (length * OVERSIZE for length in size)
        self.palette = palette
        self.random = Random(seed)
        self.image = Image.new("RGB", (self.width, self.height), palette.paper)
        self.draw = ImageDraw.Draw(self.image)

    def at(self, x: float, y: float) -> Point:
        """Return the pixel of a place."""
        return x * self.width, y * self.height

    def finished(self) -> Image.Image:
        """Return the picture at its size."""
        return self.image.reduce(OVERSIZE)

    def sky(self, *stops: Colour, top: float = 0.0, bottom: float = 1.0) -> None:
        """Fill a band with a gradient from top to bottom."""
        start, end = round(top * self.height), round(bottom * self.height)
        self.image.paste(gradient((self.width, end - start), *stops), (0, start))

    def glow(self, x: float, y: float, radius: float, colour: Colour, strength: float = 1.0) -> None:
        """Let light shine from a place; ``radius`` is a share of the width."""
        reach = max(2, round(radius * self.width))
        mask = _halo().resize((2 * reach, 2 * reach)).point([round(level * strength) for level in range(256)])
        left, top = self.at(x, y)
        self.image.paste(colour, (round(left - reach), round(top - reach)), mask)

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """Paint a disc; ``radius`` is a share of the width."""
        left, top = self.at(x, y)
        reach = radius * self.width
        self.draw.ellipse((left - reach, top - reach, left + reach, top + reach), fill=colour)

    def ring(self, x: float, y: float, radius: float, colour: Colour, thickness: float) -> None:
        """Paint a ring; ``radius`` and ``thickness`` are shares of the width."""
        left, top = self.at(x, y)
        reach = radius * self.width
        box = (left - reach, top - reach, left + reach, top + reach)
        self.draw.ellipse(box, outline=colour, width=max(1, round(thickness * self.width)))

    def shape(self, places: Iterable[Point], colour: Colour) -> None:
        """Fill the polygon of ``places``."""
        self.draw.polygon([self.at(*place) for place in places], fill=colour)

    def line(self, places: Sequence[Point], colour: Colour, thickness: float) -> None:
        """Draw through ``places``; ``thickness`` is a share of the width."""
        thick = max(1, round(thickness * self.width))
        self.draw.line([self.at(*place) for place in places], fill=colour, width=thick, joint="curve")

    def ridge(self, height: float, roughness: float, colour: Colour, *, steps: int = 7) -> list[Point]:
        """Fill the ground under a jagged line around ``height``; returns the line."""
        heights = [
            height + self.random.uniform(-1, 1) * roughness,
            height + self.random.uniform(-1, 1) * roughness,
        ]
        swing = roughness
        for _ in range(steps):
            between = [(a + b) / 2 + self.random.uniform(-1, 1) * swing for a, b in pairwise(heights)]
            heights = [value for pair in zip(heights, between, strict=False) for value in pair] + heights[-1:]
            swing *= 0.52
        line = [(place / (len(heights) - 1), value) for place, value in enumerate(heights)]
        self.shape([*line, (1, 1), (0, 1)], colour)
        return line

    def halftone(self, colour: Colour, towards: Point, *, spacing: float = 0.022, reach: float = 1.0) -> None:
        """Print dots that grow towards a place and vanish ``reach`` widths away from it."""
        step = spacing * self.width
        centre_x, centre_y = self.at(*towards)
        rows = int(self.height / (step * 0.5)) + 2
        for row in range(rows):
            y = row * step * 0.5
            for column in range(int(self.width / step) + 2):
                x = (column + (row % 2) / 2) * step
                near = 1 - hypot(x - centre_x, y - centre_y) / (reach * self.width)
                size = step * 0.42 * near
                if size > 0.8:
                    self.draw.ellipse((x - size, y - size, x + size, y + size), fill=colour)

    def stars(self, count: int, colour: Colour, *, bottom: float = 1.0) -> None:
        """Scatter small stars, a few of them with rays."""
        for number in range(count):
            x, y = self.random.random(), self.random.random() * bottom
            size = self.random.choice((0.001, 0.0015, 0.0015, 0.0025))
            self.disc(x, y, size, colour)
            if number % 12 == 0:
                self.sparkle(x, y, size * 7, colour)

    def sparkle(self, x: float, y: float, size: float, colour: Colour) -> None:
        """Paint a star of four rays; ``size`` is a share of the width."""
        left, top = self.at(x, y)
        reach = size * self.width
        points = [
            (left + cos(turn * pi / 4) * length, top + sin(turn * pi / 4) * length)
            for turn, length in ((turn, reach if turn % 2 == 0 else reach * 0.16) for turn in range(8))
        ]
        self.draw.polygon(points, fill=colour)

    def haze(self, colour: Colour, top: float, bottom: float, strength: float = 0.8) -> None:
        """Lay mist over a band, thickest at its bottom."""
        start, end = round(top * self.height), round(bottom * self.height)
        levels = [round(level * strength) for level in range(256)]
        mask = Image.linear_gradient("L").resize((self.width, end - start)).point(levels)
        self.image.paste(colour, (0, start), mask)

    def shafts(self, colour: Colour, x: float, count: int, strength: float) -> None:
        """Let light fall in from above."""
        mask = Image.new("L", (self.width // 4, self.height // 4))
        draw = ImageDraw.Draw(mask)
        for _ in range(count):
            foot = x + self.random.uniform(-0.7, 0.7)
            thick = self.random.uniform(0.03, 0.12)
            places = [(x - 0.02, -0.1), (x + 0.02, -0.1), (foot + thick, 1.0), (foot - thick, 1.0)]
            draw.polygon(
                [(across * mask.width, down * mask.height) for across, down in places],
                fill=round(255 * strength),
            )
        soft = mask.filter(ImageFilter.GaussianBlur(mask.width // 40)).resize(self.image.size)
        fade = ImageChops.invert(Image.linear_gradient("L")).resize(self.image.size)
        self.image.paste(colour, mask=ImageChops.multiply(soft, fade))


def gradient(size: tuple[int, int], *stops: Colour) -> Image.Image:
    """Return a gradient from top to bottom through ``stops``."""
    column = Image.new("RGB", (1, len(stops)))
    column.putdata(list(stops))
    fine = column.resize((1, 64), Image.Resampling.BILINEAR) if len(stops) > 1 else column
    return fine.resize(size, Image.Resampling.BICUBIC)


@lru_cache(maxsize=1)
def _halo() -> Image.Image:
    # Pillow's gradient reaches black in the corners only: what lies outside the circle has to be cut off.
    edge = 76
    levels = [max(0, level - edge) * 255 // (255 - edge) for level in range(256)]
    return ImageChops.invert(Image.radial_gradient("L")).point(levels)


@lru_cache(maxsize=16)
def _grain(size: tuple[int, int]) -> Image.Image:
    levels = [118 + level * 20 // 255 for level in range(256)]
    tile = Image.frombytes("L", (256, 256), Random("grain").randbytes(256 * 256)).point(levels)
    sheet = Image.new("L", size)
    for left in range(0, size[0], 256):
        for top in range(0, size[1], 256):
            sheet.paste(tile, (left, top))
    return Image.merge("RGB", (sheet, sheet, sheet))


def printed(image: Image.Image) -> Image.Image:
    """Return a picture as ink on paper has it: with a fine grain."""
    return ImageChops.soft_light(image, _grain(image.size))

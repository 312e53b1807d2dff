"""People on a canvas: silhouettes, small in the landscapes of covers."""

from deploy.demo.covers.canvas import Canvas, Point
from deploy.demo.covers.palettes import Colour
from deploy.demo.covers.silhouettes import Looks, leaping, outline


class Figure:
    """One figure on a canvas."""

    def __init__(self, canvas: Canvas, feet: Point, height: float, *, mirrored: bool = False) -> None:
        """Place a figure; ``height`` is a share of the canvas's height."""
        self.canvas = canvas
        self.left, self.top = canvas.at(*feet)
        self.scale = height * canvas.height
        self.side = -1 if mirrored else 1

    def _pixels(self, points: list[Point], shift: float) -> list[Point]:
        return [
            (self.left + self.side * x * self.scale + shift, self.top + y * self.scale - abs(shift) * 0.4)
            for x, y in points
        ]

    def draw(self, looks: Looks, colour: Colour, rim: Colour | None = None) -> None:
        """Draw it, with an edge of light in the colour ``rim``."""
        parts = outline(looks)
        if rim:
            for part in parts:
                self.canvas.draw.polygon(self._pixels(part, self.scale * 0.012), fill=rim)
        for part in parts:
            self.canvas.draw.polygon(self._pixels(part, 0), fill=colour)

    def leap(self, colour: Colour, rim: Colour) -> None:
        """Draw it in the air, an arm stretched up."""
        for shift, paint in ((self.scale * 0.014, rim), (0.0, colour)):
            for part in leaping():
                self.canvas.draw.polygon(self._pixels(part, shift), fill=paint)

"""Scenes in a place: a city, the sea, a forest, a castle."""

from math import sin

from deploy.demo.covers.canvas import Canvas
from deploy.demo.covers.figures import Figure
from deploy.demo.covers.palettes import Colour, mix
from deploy.demo.covers.silhouettes import Looks


def city(canvas: Canvas, looks: Looks) -> None:
    """A skyline with lit windows, seen from a roof."""
    colours, random = canvas.palette, canvas.random
    canvas.sky(colours.deep, colours.mid, colours.light)
    x = random.uniform(0.3, 0.7)
    canvas.glow(x, 0.45, 0.8, colours.paper, 0.6)
    canvas.disc(x, 0.42, 0.25, mix(colours.light, colours.paper, 0.6))
    for depth in range(3):
        share = 0.25 + 0.3 * depth
        _skyline(canvas, 0.62 - 0.04 * depth, mix(colours.mid, colours.night, share), lit=depth > 0)
        canvas.haze(mix(colours.light, colours.mid, 0.5), 0.55, 0.95, 0.35)
    for _ in range(3):
        height = random.uniform(0.2, 0.34)
        wire = [(step / 20, height + 0.05 * sin(step / 20 * 3.14)) for step in range(21)]
        canvas.line(wire, colours.night, 0.003)
    canvas.shape([(0, 0.86), (1, 0.9), (1, 1), (0, 1)], colours.night)
    canvas.line([(0, 0.8), (1, 0.84)], colours.night, 0.006)
    for post in range(12):
        canvas.line([(post / 11, 0.8 + 0.04 * post / 11), (post / 11, 0.95)], colours.night, 0.005)
    Figure(canvas, (random.uniform(0.35, 0.65), 0.885), 0.46, mirrored=random.random() < 0.5).draw(
        looks, colours.night, colours.accent
    )


def _skyline(canvas: Canvas, base: float, colour: Colour, *, lit: bool) -> None:
    random, left = canvas.random, -0.02
    while left < 1:
        wide, top = random.uniform(0.06, 0.16), base - random.uniform(0.0, 0.26)
        canvas.shape([(left, top), (left + wide, top), (left + wide, 1), (left, 1)], colour)
        if random.random() < 0.3:
            canvas.line(
                [(left + wide / 2, top), (left + wide / 2, top - random.uniform(0.03, 0.09))], colour, 0.006
            )
        if lit:
            _windows(canvas, left, top, wide, colour)
        left += wide + random.choice((0, 0, 0.01))


def _windows(canvas: Canvas, left: float, top: float, wide: float, wall: Colour) -> None:
    glass = mix(wall, canvas.palette.accent, 0.8)
    columns = max(2, int(wide / 0.026))
    for row in range(int((0.9 - top) / 0.026)):
        for column in range(columns):
            if canvas.random.random() < 0.34:
                x, y = left + wide * (column + 0.3) / columns, top + 0.012 + row * 0.026
                canvas.shape([(x, y), (x + 0.011, y), (x + 0.011, y + 0.012), (x, y + 0.012)], glass)


def sea(canvas: Canvas, looks: Looks) -> None:
    """Waves in the old Japanese pattern, a sun, a sail, a figure on the shore."""
    colours, random = canvas.palette, canvas.random
    canvas.sky(
        mix(colours.light, colours.paper, 0.4),
        colours.paper,
        mix(colours.paper, colours.accent, 0.25),
        bottom=0.6,
    )
    x = random.uniform(0.25, 0.75)
    canvas.disc(x, 0.34, 0.25, colours.accent)
    for _ in range(5):
        y, start = random.uniform(0.2, 0.46), random.uniform(-0.2, 0.7)
        canvas.line([(start, y), (start + random.uniform(0.2, 0.6), y)], colours.paper, 0.012)
    _sail(canvas, random.choice((0.22, 0.78)), 0.555)
    for row in range(13):
        base, step = 0.56 + 0.042 * row, 0.2
        for column in range(-1, 7):
            centre = (column + (row % 2) / 2) * step
            _scale(canvas, centre, base + 0.04, step / 2, row)
    for edge in (0.0, 1.0):
        canvas.halftone(colours.deep, (edge, 0.0), reach=0.42)
    canvas.shape([(0.18, 1), (0.3, 0.93), (0.44, 0.9), (0.62, 0.905), (0.74, 0.94), (0.84, 1)], colours.night)
    Figure(canvas, (0.5, 0.91), 0.44, mirrored=random.random() < 0.5).draw(
        looks, colours.night, colours.paper
    )


def _scale(canvas: Canvas, x: float, y: float, radius: float, row: int) -> None:
    colours = canvas.palette
    ground = mix(colours.mid, colours.deep, min(1.0, row / 10))
    foam = mix(colours.paper, colours.light, min(1.0, row / 12))
    for share, colour in (
        (1.0, foam),
        (0.9, ground),
        (0.66, foam),
        (0.56, ground),
        (0.3, foam),
        (0.2, ground),
    ):
        canvas.disc(x, y, radius * share, colour)


def _sail(canvas: Canvas, x: float, y: float) -> None:
    colours = canvas.palette
    canvas.shape(
        [(x - 0.09, y - 0.02), (x + 0.09, y - 0.02), (x + 0.06, y + 0.012), (x - 0.06, y + 0.012)],
        colours.night,
    )
    canvas.shape([(x - 0.005, y - 0.02), (x - 0.005, y - 0.17), (x - 0.085, y - 0.035)], colours.deep)
    canvas.shape([(x + 0.008, y - 0.02), (x + 0.008, y - 0.14), (x + 0.075, y - 0.035)], colours.mid)


def forest(canvas: Canvas, looks: Looks) -> None:
    """Trees fading into mist, light from above, a wanderer."""
    colours, random = canvas.palette, canvas.random
    canvas.sky(colours.paper, mix(colours.light, colours.paper, 0.35), colours.light)
    canvas.glow(0.5, 0.35, 0.75, colours.paper, 0.9)
    for layer in range(4):
        colour = mix(mix(colours.light, colours.mid, 0.55), colours.night, layer / 3.2)
        base = 0.74 + 0.05 * layer
        for _ in range(9 - layer):
            x = random.random()
            if layer < 2 or abs(x - 0.5) > 0.24:
                _tree(canvas, x, base, random.uniform(0.5, 0.9) * (0.6 + 0.17 * layer), colour)
        canvas.ridge(base, 0.012, colour)
        canvas.haze(mix(colours.light, colours.paper, 0.5), base - 0.25, base + 0.03, 0.4 - 0.07 * layer)
    canvas.shafts(colours.paper, random.uniform(0.2, 0.8), 5, 0.55)
    canvas.ridge(0.93, 0.012, colours.night)
    Figure(canvas, (0.5, 0.937), 0.34, mirrored=random.random() < 0.5).draw(
        looks, colours.night, colours.accent
    )
    for _ in range(24):
        x, y = random.random(), random.uniform(0.45, 0.95)
        canvas.glow(x, y, 0.018, colours.accent, 0.8)
        canvas.disc(x, y, 0.004, colours.paper)


def _tree(canvas: Canvas, x: float, base: float, height: float, colour: Colour) -> None:
    thick = 0.012 + height * 0.016
    canvas.shape(
        [
            (x - thick, base + 0.03),
            (x + thick, base + 0.03),
            (x + thick * 0.3, base - height),
            (x - thick * 0.3, base - height),
        ],
        colour,
    )
    tiers = 7
    for tier in range(tiers):
        top = base - height * (1.02 - 0.12 * tier)
        wide = 0.035 + 0.022 * tier * height * 1.5
        canvas.shape(
            [(x, top - 0.05), (x + wide, top + 0.06), (x, top + 0.04), (x - wide, top + 0.06)], colour
        )


def castle(canvas: Canvas, looks: Looks) -> None:
    """Towers on a hill, a road that leads there."""
    colours, random = canvas.palette, canvas.random
    canvas.sky(colours.deep, colours.mid, colours.light, colours.paper)
    canvas.stars(60, colours.paper, bottom=0.35)
    x = random.uniform(0.38, 0.62)
    canvas.glow(x, 0.42, 0.7, colours.paper, 0.75)
    canvas.disc(x, 0.4, 0.31, mix(colours.paper, colours.light, 0.4))
    canvas.ridge(0.66, 0.04, mix(colours.mid, colours.light, 0.3))
    stone = mix(colours.deep, colours.night, 0.4)
    for _ in range(9):
        away = random.uniform(-0.24, 0.24)
        _tower(
            canvas,
            x + away,
            0.74,
            random.uniform(0.16, 0.34) * (1 - abs(away) * 1.4),
            random.uniform(0.02, 0.042),
            stone,
        )
    _tower(canvas, x, 0.74, 0.42, 0.05, stone)
    canvas.shape([(x - 0.42, 0.82), (x - 0.25, 0.72), (x + 0.25, 0.72), (x + 0.42, 0.82)], stone)
    canvas.haze(mix(colours.mid, colours.light, 0.6), 0.62, 0.84, 0.55)
    canvas.ridge(0.82, 0.025, mix(colours.deep, colours.night, 0.6))
    road = [
        (x - 0.015, 0.8),
        (x + 0.015, 0.8),
        (0.62, 0.88),
        (0.46, 0.92),
        (0.78, 1.0),
        (0.3, 1.0),
        (0.34, 0.92),
        (0.52, 0.87),
    ]
    canvas.shape(road, mix(colours.light, colours.mid, 0.4))
    canvas.haze(colours.night, 0.8, 1.0, 0.75)
    Figure(canvas, (0.5, 0.955), 0.33, mirrored=random.random() < 0.5).draw(
        looks, colours.night, colours.accent
    )


def _tower(canvas: Canvas, x: float, base: float, height: float, half: float, colour: Colour) -> None:
    top = base - height
    canvas.shape([(x - half, top), (x + half, top), (x + half, base), (x - half, base)], colour)
    if canvas.random.random() < 0.65:
        canvas.shape([(x - half * 1.35, top), (x + half * 1.35, top), (x, top - half * 3)], colour)
        canvas.line([(x, top - half * 3), (x, top - half * 3 - 0.03)], colour, 0.004)
        flag = top - half * 3 - 0.03
        canvas.shape([(x, flag), (x + 0.05, flag + 0.008), (x, flag + 0.018)], canvas.palette.accent)
    else:
        for tooth in range(3):
            left = x - half * 1.2 + tooth * half * 0.96
            canvas.shape(
                [
                    (left, top - 0.018),
                    (left + half * 0.5, top - 0.018),
                    (left + half * 0.5, top + 0.01),
                    (left, top + 0.01),
                ],
                colour,
            )
    for row in range(int(height / 0.07)):
        if canvas.random.random() < 0.6:
            y = top + 0.03 + row * 0.065
            canvas.shape(
                [
                    (x - half * 0.16, y),
                    (x + half * 0.16, y),
                    (x + half * 0.16, y + 0.02),
                    (x - half * 0.16, y + 0.02),
                ],
                canvas.palette.accent,
            )

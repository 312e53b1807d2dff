"""Scenes that convey a mood: blossoms, a slash, ink, a leap over a court."""

from itertools import pairwise
from math import cos, pi, sin

from PIL import Image, ImageDraw

from deploy.demo.covers.canvas import Canvas, Point
from deploy.demo.covers.figures import Figure
from deploy.demo.covers.palettes import Colour, mix
from deploy.demo.covers.silhouettes import Looks


def petals(canvas: Canvas, looks: Looks) -> None:
    """A branch in blossom, petals on the wind."""
    colours, random = canvas.palette, canvas.random
    canvas.sky(
        mix(colours.light, colours.paper, 0.3),
        colours.paper,
        mix(colours.light, colours.paper, 0.5),
        colours.light,
    )
    x = random.uniform(0.4, 0.6)
    canvas.disc(x, 0.5, 0.38, mix(colours.light, colours.mid, 0.35))
    canvas.halftone(mix(colours.light, colours.paper, 0.6), (x, 0.3), reach=0.5)
    canvas.ring(x, 0.5, 0.4, colours.paper, 0.008)
    canvas.ridge(0.87, 0.012, mix(colours.mid, colours.deep, 0.4))
    canvas.ridge(0.92, 0.01, colours.deep)
    Figure(canvas, (x, 0.93), 0.48, mirrored=random.random() < 0.5).draw(looks, colours.night, colours.paper)
    side = random.choice((0, 1))
    tips: list[Point] = []
    _branch(canvas, (side, 0.3), -0.35 if side == 0 else pi + 0.35, 0.26, 5, tips)
    for tip in tips:
        for _ in range(4):
            x, y = tip[0] + random.uniform(-0.07, 0.07), tip[1] + random.uniform(-0.04, 0.04)
            _blossom(canvas, x, y, random.uniform(0.022, 0.044))
    for _ in range(34):
        _petal(canvas, random.random(), random.random(), random.uniform(0.008, 0.022), random.uniform(0, pi))


def _branch(canvas: Canvas, start: Point, angle: float, length: float, depth: int, tips: list[Point]) -> None:
    end = start[0] + cos(angle) * length, start[1] + sin(angle) * length * 0.62
    canvas.line([start, end], canvas.palette.night, 0.004 * depth)
    if depth == 1:
        tips.append(end)
        return
    if depth < 4:
        tips.append(end)
    for bend in (-0.45, 0.35):
        _branch(canvas, end, angle + bend + canvas.random.uniform(-0.2, 0.2), length * 0.62, depth - 1, tips)


def _blossom(canvas: Canvas, x: float, y: float, size: float) -> None:
    colours, turn = canvas.palette, canvas.random.uniform(0, 1)
    tall = canvas.width / canvas.height
    for leaf in range(5):
        angle = turn + 2 * pi * leaf / 5
        canvas.disc(
            x + cos(angle) * size * 0.6,
            y + sin(angle) * size * 0.6 * tall,
            size * 0.5,
            mix(colours.mid, colours.light, 0.45 + 0.1 * leaf),
        )
    canvas.disc(x, y, size * 0.28, colours.accent)


def _petal(canvas: Canvas, x: float, y: float, size: float, turn: float) -> None:
    tall = canvas.width / canvas.height
    shape = [(cos(step * pi / 8) * size, sin(step * pi / 8) * size * 0.45) for step in range(16)]
    places = [
        (x + a * cos(turn) - b * sin(turn), y + (a * sin(turn) + b * cos(turn)) * tall) for a, b in shape
    ]
    canvas.shape(places, mix(canvas.palette.mid, canvas.palette.light, canvas.random.random()))


def slash(canvas: Canvas, looks: Looks) -> None:
    """A stroke across the dark, and a swordsman."""
    colours, random = canvas.palette, canvas.random
    canvas.sky(colours.night, colours.deep, mix(colours.deep, colours.mid, 0.6))
    x = random.uniform(0.4, 0.6)
    canvas.glow(x, 0.55, 0.7, colours.mid, 0.9)
    canvas.halftone(mix(colours.mid, colours.light, 0.5), (x, 0.55), reach=0.7)
    lean = random.choice((-1, 1))
    for stroke, colour in ((0.2, colours.mid), (0.12, colours.accent), (0.05, colours.paper)):
        _brush(canvas, (0.5 - lean * 0.75, 0.12), (0.5 + lean * 0.75, 0.86), stroke, colour)
    for _ in range(46):
        away = random.uniform(-0.6, 0.6)
        _drop(
            canvas,
            0.5 + lean * away + random.uniform(-0.14, 0.14),
            0.49 + away * 0.5 + random.uniform(-0.12, 0.12),
            colours.accent,
        )
    canvas.ridge(0.9, 0.03, colours.night)
    Figure(canvas, (x, 0.925), 0.58, mirrored=lean > 0).draw(looks, colours.night, colours.paper)
    canvas.haze(colours.night, 0.85, 1.0, 0.8)


def _brush(canvas: Canvas, start: Point, end: Point, thick: float, colour: Colour) -> None:
    """A stroke that is widest in its middle, with a frayed edge."""
    upper, lower = [], []
    for step in range(41):
        t = step / 40
        half = thick / 2 * sin(pi * t) ** 0.7 * canvas.random.uniform(0.82, 1.1)
        x, y = start[0] + (end[0] - start[0]) * t, start[1] + (end[1] - start[1]) * t
        upper.append((x, y - half))
        lower.append((x, y + half * canvas.random.uniform(0.8, 1.1)))
    canvas.shape([*upper, *reversed(lower)], colour)


def _drop(canvas: Canvas, x: float, y: float, colour: Colour) -> None:
    canvas.disc(x, y, canvas.random.choice((0.003, 0.004, 0.006, 0.009, 0.016)), colour)


def ink(canvas: Canvas, looks: Looks) -> None:
    """A circle drawn with one brush stroke on paper, bamboo, a red sun."""
    colours, random = canvas.palette, canvas.random
    canvas.sky(colours.paper, mix(colours.paper, colours.light, 0.3))
    x, y = random.uniform(0.42, 0.58), random.uniform(0.44, 0.5)
    canvas.disc(x + random.choice((-0.2, 0.2)), y - 0.08, 0.2, colours.accent)
    _circle_stroke(canvas, x, y, 0.36)
    for _ in range(40):
        _drop(canvas, random.gauss(x, 0.3), random.gauss(y, 0.2), colours.night)
    edge = random.choice((0.06, 0.94))
    for _ in range(4):
        _bamboo(canvas, edge + random.uniform(-0.09, 0.09), random.uniform(0.26, 0.5), 0.5 - edge)
    _brush(canvas, (-0.1, 0.93), (1.1, 0.94), 0.07, mix(colours.night, colours.deep, 0.3))
    _brush(canvas, (0.1, 0.97), (1.2, 0.975), 0.04, mix(colours.deep, colours.mid, 0.4))
    Figure(canvas, (x, 0.935), 0.46, mirrored=random.random() < 0.5).draw(looks, colours.night, colours.paper)


def _circle_stroke(canvas: Canvas, x: float, y: float, radius: float) -> None:
    start = canvas.random.uniform(0, 2 * pi)
    for hair in range(26):
        away = radius * (0.86 + 0.011 * hair)
        reach = 300 - abs(hair - 12) * 5 - canvas.random.uniform(0, 34)
        left, top = canvas.at(x, y)
        box = tuple(edge * canvas.width * away for edge in (-1, -1, 1, 1))
        canvas.draw.arc(
            (left + box[0], top + box[1], left + box[2], top + box[3]),
            start * 57.3,
            start * 57.3 + reach,
            fill=canvas.palette.night,
            width=max(2, round(canvas.width * 0.0105)),
        )


def _bamboo(canvas: Canvas, x: float, top: float, lean: float) -> None:
    random = canvas.random
    shade = mix(canvas.palette.night, canvas.palette.deep, random.random())
    joints = [(x + lean * 0.2 * (step / 9) ** 2, 1 - (1 - top) * step / 9) for step in range(10)]
    for low, high in pairwise(joints):
        canvas.line([low, (high[0], high[1] + 0.006)], shade, 0.013)
    for knot in joints[3:]:
        for _ in range(2):
            reach, drop = random.uniform(0.06, 0.15) * random.choice((-1, 1)), random.uniform(0.02, 0.07)
            middle = knot[0] + reach * 0.5, knot[1] + drop * 0.25
            canvas.shape(
                [
                    knot,
                    (middle[0], middle[1] - 0.008),
                    (knot[0] + reach, knot[1] + drop),
                    (middle[0], middle[1] + 0.012),
                ],
                shade,
            )


def court(canvas: Canvas, looks: Looks) -> None:
    """A leap after the ball over the lines of a court."""
    del looks
    colours, random = canvas.palette, canvas.random
    canvas.sky(colours.mid, colours.light, bottom=0.62)
    canvas.halftone(mix(colours.mid, colours.deep, 0.5), (random.choice((0, 1)), 0.0), reach=1.0)
    canvas.shape([(0, 0.62), (1, 0.62), (1, 1), (0, 1)], mix(colours.accent, colours.mid, 0.25))
    for foot in (-0.9, -0.3, 0.3, 0.7, 1.3, 1.9):
        canvas.line([(0.5 + (foot - 0.5) * 0.25, 0.62), (foot, 1.02)], colours.paper, 0.01)
    for height in (0.62, 0.72, 0.9):
        canvas.line([(0, height), (1, height)], colours.paper, 0.009)
    ball = random.choice((0.26, 0.74))
    mirrored = ball < 0.5
    for trail in range(9):
        spread = (trail - 4) * 0.02
        origin = (0.5 + (0.5 - ball) * 2 + spread, 0.9 + spread)
        canvas.line([(ball, 0.3 + spread), origin], mix(colours.light, colours.paper, 0.7), 0.004)
    _ball(canvas, ball, 0.3, 0.15)
    canvas.glow(0.5, 0.9, 0.3, colours.night, 0.5)
    Figure(canvas, (0.5 + (0.09 if mirrored else -0.09), 0.86), 0.58, mirrored=mirrored).leap(
        colours.night, colours.paper
    )


def _ball(canvas: Canvas, x: float, y: float, radius: float) -> None:
    colours = canvas.palette
    side = round(2 * radius * canvas.width)
    ball = Image.new("RGB", (side, side), colours.paper)
    draw = ImageDraw.Draw(ball)
    for shift in (-0.62, 0.0, 0.62):
        reach = side * 0.75
        centre = side * (0.5 + shift)
        draw.ellipse(
            (centre - reach, -side * 0.2, centre + reach, side * 1.2),
            outline=colours.deep,
            width=max(2, side // 50),
        )
    draw.line([(0, side * 0.55), (side, side * 0.45)], fill=colours.deep, width=max(2, side // 50))
    mask = Image.new("L", (side, side))
    ImageDraw.Draw(mask).ellipse((1, 1, side - 2, side - 2), fill=255)
    left, top = canvas.at(x, y)
    canvas.image.paste(ball, (round(left - side / 2), round(top - side / 2)), mask)
    canvas.ring(x, y, radius, colours.night, 0.008)

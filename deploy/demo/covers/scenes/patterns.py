"""Scenes made of shapes: a poster grid, tiles, a comic burst, a machine."""

from math import cos, pi, sin

from deploy.demo.covers.canvas import Canvas
from deploy.demo.covers.figures import Figure
from deploy.demo.covers.palettes import Colour, mix
from deploy.demo.covers.silhouettes import Looks


def grid(canvas: Canvas, looks: Looks) -> None:
    """A poster of few large shapes."""
    colours, random = canvas.palette, canvas.random
    canvas.sky(colours.paper, mix(colours.paper, colours.light, 0.25))
    x = random.choice((0.36, 0.64))
    canvas.shape([(0, 0.58), (1, 0.5), (1, 1), (0, 1)], colours.deep)
    canvas.disc(x, 0.48, 0.33, colours.accent)
    canvas.halftone(mix(colours.accent, colours.night, 0.25), (x, 0.68), reach=0.3)
    canvas.shape([(0, 0.7), (1, 0.56), (1, 0.63), (0, 0.78)], colours.mid)
    canvas.shape([(0, 0.82), (1, 0.72), (1, 0.75), (0, 0.86)], colours.light)
    for step in range(6):
        left, top = 1 - x - 0.16 + 0.055 * step, 0.64 - 0.055 * step * (1 if x < 0.5 else 0.8)
        canvas.shape([(left, top), (left + 0.055, top), (left + 0.055, 0.72), (left, 0.72)], colours.night)
    canvas.ring(1 - x, 0.29, 0.07, colours.mid, 0.02)
    Figure(canvas, (x, 0.84), 0.36, mirrored=x > 0.5).draw(looks, colours.night, colours.paper)


def tiles(canvas: Canvas, looks: Looks) -> None:
    """Quarter circles that make a pattern, and a window in it."""
    colours, random = canvas.palette, canvas.random
    canvas.sky(colours.light, mix(colours.light, colours.mid, 0.4))
    columns = 6
    side = canvas.width / columns
    shades = (colours.deep, colours.mid, mix(colours.mid, colours.light, 0.5), colours.accent, colours.paper)
    for row in range(int(canvas.height / side) + 1):
        for column in range(columns):
            tile(canvas, column * side, row * side, side, random.choice(shades), random.choice(shades[:3]))
    x, y = 0.5, 0.54
    canvas.disc(x, y, 0.4, colours.paper)
    canvas.disc(x, y, 0.37, mix(colours.light, colours.paper, 0.4))
    canvas.glow(x, y - 0.05, 0.36, colours.paper, 0.8)
    low = y + 0.18
    canvas.shape(
        [(x - 0.24, low), (x + 0.24, low), (x + 0.18, low + 0.03), (x - 0.18, low + 0.03)], colours.mid
    )
    Figure(canvas, (x, low + 0.012), 0.4, mirrored=random.random() < 0.5).draw(
        looks, colours.night, colours.accent
    )


def tile(canvas: Canvas, left: float, top: float, side: float, colour: Colour, ground: Colour) -> None:
    """Paint a square tile with quarter circles around one of its corners; its place and ``side`` are in pixels."""
    random, draw = canvas.random, canvas.draw
    draw.rectangle((left, top, left + side, top + side), fill=ground)
    corner = random.randrange(4)
    centre_x, centre_y = left + side * (corner % 2), top + side * (corner // 2)
    for share in (1.0, 0.62, 0.28):
        reach = side * share
        start = (0, 90, 270, 180)[corner]
        box = (centre_x - reach, centre_y - reach, centre_x + reach, centre_y + reach)
        draw.pieslice(box, start, start + 90, fill=colour if share != 0.62 else ground)


def pop(canvas: Canvas, looks: Looks) -> None:
    """Comic print: dots, a burst, speed lines."""
    colours, random = canvas.palette, canvas.random
    canvas.sky(colours.light, colours.light)
    canvas.halftone(
        mix(colours.light, colours.mid, 0.7), (random.choice((0, 1)), 0.1), spacing=0.03, reach=1.3
    )
    split = random.uniform(0.35, 0.6)
    canvas.shape([(0, split + 0.22), (1, split - 0.05), (1, 1), (0, 1)], colours.deep)
    canvas.line([(0, split + 0.22), (1, split - 0.05)], colours.night, 0.016)
    canvas.halftone(
        mix(colours.deep, colours.mid, 0.6), (random.choice((0, 1)), 1.0), spacing=0.03, reach=0.9
    )
    x, y = 0.5, 0.5
    _burst(canvas, x, y, 0.47, colours.night, random.randrange(15, 21))
    _burst(canvas, x, y, 0.43, colours.paper, 16)
    _burst(canvas, x, y, 0.36, colours.accent, 16)
    for _ in range(36):
        angle, near = random.uniform(0, 2 * pi), random.uniform(0.46, 0.56)
        tall = canvas.width / canvas.height
        start = (x + cos(angle) * near, y + sin(angle) * near * tall)
        end = (
            x + cos(angle) * (near + random.uniform(0.2, 0.5)),
            y + sin(angle) * (near + random.uniform(0.2, 0.5)) * tall,
        )
        canvas.line([start, end], colours.night, random.choice((0.003, 0.006)))
    Figure(canvas, (x, 0.9), 0.56, mirrored=random.random() < 0.5).draw(looks, colours.night, colours.paper)


def _burst(canvas: Canvas, x: float, y: float, reach: float, colour: Colour, tips: int) -> None:
    tall = canvas.width / canvas.height
    places = []
    for step in range(tips * 2):
        length = reach * (1.0 if step % 2 == 0 else 0.7)
        angle = pi * step / tips
        places.append((x + cos(angle) * length, y + sin(angle) * length * tall))
    canvas.shape(places, colour)


def machine(canvas: Canvas, looks: Looks) -> None:
    """Rings and cells of a structure, and a small figure before it."""
    colours, random = canvas.palette, canvas.random
    canvas.sky(colours.night, colours.deep, colours.night)
    _cells(canvas)
    x, y = 0.5, random.uniform(0.4, 0.48)
    canvas.glow(x, y, 0.72, colours.mid, 0.95)
    for number in range(6):
        radius = 0.1 + 0.065 * number
        colour = (colours.accent, colours.light, colours.paper)[number % 3]
        _arc(
            canvas,
            x,
            y,
            radius,
            colour,
            random.uniform(0, 360),
            random.uniform(150, 320),
            random.choice((0.006, 0.014, 0.024)),
        )
    for tick in range(60):
        angle, long = 2 * pi * tick / 60, 0.05 if tick % 5 == 0 else 0.02
        tall = canvas.width / canvas.height
        near, far = 0.47, 0.47 + long
        canvas.line(
            [
                (x + cos(angle) * near, y + sin(angle) * near * tall),
                (x + cos(angle) * far, y + sin(angle) * far * tall),
            ],
            colours.light,
            0.004,
        )
    canvas.disc(x, y, 0.07, colours.paper)
    canvas.disc(x, y, 0.045, colours.accent)
    for side in (-1, 1):
        for step in range(5):
            edge = 0.5 + side * (0.24 + 0.07 * step)
            canvas.shape(
                [
                    (edge, 0.98 - 0.07 * step),
                    (edge + side * 0.3, 0.8 - 0.1 * step),
                    (edge + side * 0.3, 1),
                    (edge, 1),
                ],
                mix(colours.night, colours.deep, 0.1 * step),
            )
    canvas.ridge(0.92, 0.006, colours.night)
    Figure(canvas, (x, 0.925), 0.4, mirrored=random.random() < 0.5).draw(looks, colours.night, colours.accent)


def _cells(canvas: Canvas) -> None:
    side = canvas.width / 11
    for row in range(int(canvas.height / (side * 1.5)) + 2):
        for column in range(8):
            if canvas.random.random() < 0.55:
                x, y = (column + (row % 2) / 2) * side * 1.732, row * side * 1.5
                corners = [
                    (x + cos(pi / 6 + pi * k / 3) * side * 0.92, y + sin(pi / 6 + pi * k / 3) * side * 0.92)
                    for k in range(6)
                ]
                shade = mix(canvas.palette.deep, canvas.palette.mid, canvas.random.random() * 0.6)
                canvas.draw.polygon(corners, fill=shade)


def _arc(
    canvas: Canvas,
    x: float,
    y: float,
    radius: float,
    colour: Colour,
    start: float,
    reach: float,
    thick: float,
) -> None:
    left, top = canvas.at(x, y)
    away = radius * canvas.width
    canvas.draw.arc(
        (left - away, top - away, left + away, top + away),
        start,
        start + reach,
        fill=colour,
        width=round(thick * canvas.width),
    )

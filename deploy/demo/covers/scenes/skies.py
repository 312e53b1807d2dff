"""Scenes under a large sky: rays, a moon, a desert, space."""

from math import cos, pi, sin

from PIL import Image, ImageDraw

from deploy.demo.covers.canvas import Canvas, Point
from deploy.demo.covers.figures import Figure
from deploy.demo.covers.palettes import mix
from deploy.demo.covers.silhouettes import Looks


def rays(canvas: Canvas, looks: Looks) -> None:
    """Rays of a rising sun behind a figure on a rock."""
    colours, random = canvas.palette, canvas.random
    canvas.sky(colours.mid, colours.light, colours.paper)
    x, y = random.uniform(0.35, 0.65), random.uniform(0.5, 0.6)
    count = random.choice((14, 18, 22))
    turn = random.random()
    for ray in range(count):
        start, end = (2 * pi * (ray + turn + edge) / count for edge in (0, 0.5))
        canvas.shape([(x, y), _far(x, y, start), _far(x, y, end)], mix(colours.mid, colours.accent, 0.25))
    canvas.glow(x, y, 0.75, colours.paper, 0.7)
    canvas.halftone(colours.deep, (random.choice((0, 1)), 1.0), reach=1.15)
    canvas.disc(x, y, 0.27, colours.accent)
    canvas.ring(x, y, 0.3, colours.paper, 0.008)
    canvas.ridge(0.8, 0.05, colours.deep)
    canvas.ridge(0.88, 0.04, colours.night)
    Figure(canvas, (x, 0.9), 0.5, mirrored=random.random() < 0.5).draw(looks, colours.night, colours.paper)


def _far(x: float, y: float, angle: float) -> Point:
    return x + 2 * cos(angle), y + 1.4 * sin(angle)


def moon(canvas: Canvas, looks: Looks) -> None:
    """A great moon over ridges in the night."""
    colours, random = canvas.palette, canvas.random
    canvas.sky(colours.night, colours.deep, colours.mid, mix(colours.mid, colours.light, 0.6))
    canvas.stars(110, mix(colours.light, colours.paper, 0.6), bottom=0.6)
    x, y, radius = random.uniform(0.3, 0.7), random.uniform(0.36, 0.46), random.uniform(0.27, 0.36)
    canvas.glow(x, y, radius * 2.1, colours.light, 0.75)
    canvas.disc(x, y, radius, mix(colours.paper, colours.light, 0.25))
    for _ in range(7):
        turn, away = random.uniform(0, 2 * pi), random.uniform(0.1, 0.72) * radius
        across = canvas.width / canvas.height
        canvas.disc(
            x + cos(turn) * away,
            y + sin(turn) * away * across,
            radius * random.uniform(0.05, 0.17),
            mix(colours.paper, colours.light, 0.5),
        )
    for _ in range(4):
        _cloud(
            canvas,
            random.uniform(0, 1),
            y + random.uniform(-0.16, 0.24),
            mix(colours.mid, colours.light, 0.3),
        )
    for height, share in ((0.68, 0.25), (0.76, 0.55), (0.84, 0.85)):
        canvas.ridge(height, 0.06, mix(colours.mid, colours.night, share))
        canvas.haze(mix(colours.mid, colours.light, 0.4), height, height + 0.14, 0.35)
    canvas.ridge(0.9, 0.025, colours.night)
    Figure(canvas, (x + random.uniform(-0.1, 0.1), 0.91), 0.4, mirrored=random.random() < 0.5).draw(
        looks, colours.night, colours.light
    )


def _cloud(canvas: Canvas, x: float, y: float, colour: tuple[int, int, int]) -> None:
    for _ in range(3):
        wide, high = canvas.random.uniform(0.12, 0.3), canvas.random.uniform(0.006, 0.014)
        left, top = canvas.at(
            x - wide + canvas.random.uniform(-0.1, 0.1), y + canvas.random.uniform(-0.02, 0.02)
        )
        right, bottom = left + 2 * wide * canvas.width, top + 2 * high * canvas.height
        canvas.draw.rounded_rectangle((left, top, right, bottom), high * canvas.height, fill=colour)


def dunes(canvas: Canvas, looks: Looks) -> None:
    """Waves of sand under two moons, and a traveller."""
    colours, random = canvas.palette, canvas.random
    canvas.sky(colours.deep, colours.mid, colours.light, colours.paper, bottom=0.75)
    x, y = random.uniform(0.25, 0.75), random.uniform(0.25, 0.36)
    canvas.glow(x, y, 0.6, colours.paper, 0.55)
    canvas.disc(x, y, 0.21, colours.paper)
    canvas.disc(x + random.choice((-0.27, 0.27)), y - 0.1, 0.05, mix(colours.paper, colours.accent, 0.35))
    for layer in range(5):
        base = 0.55 + 0.09 * layer
        swing, shift = random.uniform(0.02, 0.05), random.uniform(0, 2 * pi)
        crest = [
            (
                step / 40,
                base + swing * sin(step / 40 * random_wave + shift) + 0.02 * layer * (step / 40 - 0.5),
            )
            for random_wave in (random.uniform(3, 6),)
            for step in range(41)
        ]
        light = mix(colours.light, colours.mid, layer / 4)
        canvas.shape([*crest, (1, 1), (0, 1)], light)
        shade = [(across, down + 0.018 + 0.06 * abs(sin(across * 5 + shift))) for across, down in crest]
        canvas.shape([*crest, *reversed(shade)], mix(light, colours.deep, 0.35))
        if layer == 3:
            place = random.randrange(10, 30)
            Figure(canvas, (crest[place][0], crest[place][1] + 0.004), 0.3).draw(
                looks, colours.night, colours.paper
            )
    canvas.haze(mix(colours.deep, colours.night, 0.4), 0.8, 1.0, 0.85)


def orbit(canvas: Canvas, looks: Looks) -> None:
    """A planet with rings, its moons, and a figure floating before it."""
    colours, random = canvas.palette, canvas.random
    canvas.sky(colours.night, mix(colours.night, colours.deep, 0.6), colours.deep)
    canvas.stars(240, colours.paper)
    canvas.glow(random.random(), random.random() * 0.4, 0.7, colours.mid, 0.5)
    x, y, radius = random.uniform(0.3, 0.7), random.uniform(0.42, 0.55), random.uniform(0.26, 0.36)
    canvas.glow(x, y, radius * 1.5, colours.light, 0.7)
    _planet(canvas, x, y, radius)
    for number in range(3):
        reach = radius * (1.45 + 0.32 * number)
        _orbit(canvas, x, y, reach, random.uniform(0, 2 * pi), number)
    ground = mix(colours.night, colours.deep, 0.25)
    canvas.disc(0.5, 1.32, 0.78, ground)
    canvas.ring(0.5, 1.32, 0.78, colours.mid, 0.004)
    Figure(canvas, (random.choice((0.4, 0.6)), 0.835), 0.3).draw(
        looks, mix(colours.night, (0, 0, 0), 0.4), colours.accent
    )


def _planet(canvas: Canvas, x: float, y: float, radius: float) -> None:
    """A banded globe, lit from the upper left."""
    colours, random = canvas.palette, canvas.random
    side = round(2 * radius * canvas.width)
    globe = Image.new("RGB", (side, side), colours.mid)
    draw = ImageDraw.Draw(globe)
    for _ in range(11):
        top, thick = random.uniform(0, 1) * side, random.uniform(0.01, 0.09) * side
        share = random.choice((0.25, 0.5, 0.8))
        draw.rectangle((0, top, side, top + thick), fill=mix(colours.mid, colours.light, share))
    globe = globe.rotate(-22, Image.Resampling.BILINEAR, fillcolor=colours.mid)
    shade = (
        Image.linear_gradient("L").rotate(40, Image.Resampling.BILINEAR, fillcolor=255).resize((side, side))
    )
    globe.paste(colours.night, mask=shade.point([max(0, level - 90) * 255 // 190 for level in range(256)]))
    disc = Image.new("L", (side, side))
    ImageDraw.Draw(disc).ellipse((1, 1, side - 2, side - 2), fill=255)
    left, top = canvas.at(x, y)
    canvas.image.paste(globe, (round(left - side / 2), round(top - side / 2)), disc)


def _orbit(canvas: Canvas, x: float, y: float, reach: float, angle: float, number: int) -> None:
    colours = canvas.palette
    places = []
    for step in range(121):
        turn = 2 * pi * step / 120
        across, down = reach * cos(turn), reach * 0.32 * sin(turn)
        places.append(
            (
                x + across * cos(0.4) - down * sin(0.4),
                y + (across * sin(0.4) + down * cos(0.4)) * canvas.width / canvas.height,
            )
        )
    behind = slice(61, 120)
    canvas.line(places[:61], colours.paper if number else colours.accent, 0.003 if number else 0.012)
    canvas.line(
        [place for place in places[behind] if abs(place[0] - x) > reach * 0.62],
        mix(colours.paper, colours.deep, 0.5),
        0.003,
    )
    place = places[int(angle / (2 * pi) * 60)]
    canvas.disc(*place, 0.018 + 0.012 * number, (colours.accent, colours.light, colours.paper)[number])

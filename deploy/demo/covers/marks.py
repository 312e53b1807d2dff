"""Small things on a cover: a publisher's mark, a ribbon. The marks are invented, not the publishers' logos."""

from hashlib import sha256

from PIL import Image, ImageDraw

from deploy.demo.covers.fonts import face, name_for
from deploy.demo.covers.lettering import write
from deploy.demo.covers.palettes import Colour, Palette, readable_on


def publisher_mark(
    image: Image.Image,
    publisher: str,
    centre: tuple[float, float],
    size: float,
    ink: Colour,
    ground: Colour,
    *,
    named: bool = True,
) -> None:
    """Draw a publisher's mark, ``size`` pixels wide, with its name below if ``named``."""
    draw = ImageDraw.Draw(image)
    x, y = centre
    half = size / 2
    top = y - half * (1.25 if named else 1)
    box = (x - half, top, x + half, top + size)
    kind = sha256(publisher.encode()).digest()[0] % 4
    if kind == 0:
        draw.ellipse(box, fill=ink)
    elif kind == 1:
        draw.rounded_rectangle(box, size * 0.2, fill=ink)
    elif kind == 2:
        draw.polygon(
            [
                (x, top - size * 0.06),
                (x + half * 1.1, top + half),
                (x, top + size * 1.06),
                (x - half * 1.1, top + half),
            ],
            fill=ink,
        )
    else:
        draw.polygon(
            [
                (x - half, top),
                (x + half, top),
                (x + half, top + size * 0.7),
                (x, top + size),
                (x - half, top + size * 0.7),
            ],
            fill=ink,
        )
    initials = "".join(word[0] for word in publisher.replace("-", " ").replace("'", " ").split()[:2]).upper()
    write(
        image,
        initials,
        "archivo",
        (x - half * 0.62, top + size * 0.2, x + half * 0.62, top + size * 0.8),
        ground,
        lines=1,
    )
    if named:
        font = face(name_for(publisher, "barlow"), max(9, round(size * 0.34)))
        draw.text((x, top + size * 1.2), publisher.upper(), ink, font, anchor="mm")


def ribbon(image: Image.Image, text: str, right: tuple[float, float], width: float, palette: Palette) -> None:
    """Draw a ribbon with ``text`` over the right edge; draws nothing without a text."""
    if not text:
        return
    x, y = right
    height = width * 0.15
    draw = ImageDraw.Draw(image)
    draw.polygon(
        [
            (x - width, y),
            (x, y),
            (x, y + height),
            (x - width, y + height),
            (x - width * 0.93, y + height / 2),
        ],
        fill=palette.accent,
    )
    box = (x - width * 0.9, y + height * 0.12, x - width * 0.03, y + height * 0.88)
    write(image, text.upper(), "barlow", box, readable_on(palette.accent, palette), lines=1)

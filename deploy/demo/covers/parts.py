"""Parts that the layouts of front covers share, and the design that they receive."""

from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image, ImageDraw

from deploy.demo.covers.lettering import colours_over, write
from deploy.demo.covers.marks import publisher_mark, ribbon
from deploy.demo.covers.palettes import Colour, Palette, readable_on
from deploy.demo.covers.words import Words

Picture = Callable[[tuple[int, int]], Image.Image]
"""Paints the cover's scene in the given size."""


@dataclass(frozen=True, slots=True)
class Design:
    """Input of a layout."""

    size: tuple[int, int]
    palette: Palette
    face: str
    words: Words
    picture: Picture


def calm_top(image: Image.Image, palette: Palette, reach: float) -> None:
    """Darken or lighten the top slightly towards its own colour, so that text on it is readable."""
    width, height = image.size
    _, edge = colours_over(image, (0, 0, width, height * 0.2), palette)
    fade = Image.linear_gradient("L").transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    levels = [round(level * 0.6) for level in range(256)]
    image.paste(edge, (0, 0), fade.resize((width, round(height * reach))).point(levels))


def line_above(image: Image.Image, design: Design, top: float) -> float:
    """Set the small line above the title, if any; returns the y coordinate at which the title may begin."""
    words, (width, height) = design.words, design.size
    if not words.over:
        return top
    box = (width * 0.06, top, width * 0.94, top + height * 0.04)
    fill, edge = colours_over(image, box, design.palette)
    return write(image, words.over, "barlow", box, fill, edge=edge, lines=1, valign="top")[3] + height * 0.006


def line_below(image: Image.Image, design: Design, top: float, fill: Colour, edge: Colour) -> None:
    """Set the small line below the title, if any."""
    words, (width, height) = design.words, design.size
    text = words.under or words.native
    if text:
        box = (width * 0.08, top, width * 0.92, top + height * 0.042)
        write(
            image, text, "barlow", box, fill, edge=edge, lines=1, valign="top", largest=round(height * 0.04)
        )


def foot(image: Image.Image, design: Design) -> None:
    """Authors and publisher on the lower edge."""
    words, (width, height), palette = design.words, design.size, design.palette
    box = (width * 0.05, height * 0.935, width * 0.7, height * 0.972)
    fill, edge = colours_over(image, box, palette)
    write(
        image,
        words.authors.upper(),
        "barlow",
        box,
        fill,
        edge=edge,
        align="left",
        lines=1,
        largest=round(height * 0.03),
    )
    publisher_mark(image, words.publisher, (width * 0.91, height * 0.957), width * 0.045, fill, edge)
    ribbon(image, words.ribbon, (width, height * 0.84), width * 0.55, palette)


def number_disc(image: Image.Image, design: Design, centre: tuple[float, float], radius: float) -> None:
    """Put the volume's number, if it has one, in a disc of the colour that stands out."""
    if design.words.number:
        palette = design.palette
        medal(image, design, centre, radius, palette.accent, readable_on(palette.accent, palette))


def medal(
    image: Image.Image,
    design: Design,
    centre: tuple[float, float],
    radius: float,
    ground: Colour,
    ink: Colour,
) -> None:
    """The volume's number in a disc."""
    side = round(radius * 8)
    large = Image.new("RGB", (side, side), ground)
    mask = Image.new("L", (side, side))
    ImageDraw.Draw(mask).ellipse((2, 2, side - 3, side - 3), fill=255)
    ImageDraw.Draw(large).ellipse(
        (side * 0.06, side * 0.06, side * 0.94, side * 0.94), outline=ink, width=max(2, side // 36)
    )
    write(large, design.words.number, "anton", (side * 0.2, side * 0.2, side * 0.8, side * 0.8), ink, lines=1)
    target = round(radius * 2)
    corner = round(centre[0] - radius), round(centre[1] - radius)
    image.paste(
        large.resize((target, target), Image.Resampling.LANCZOS),
        corner,
        mask.resize((target, target), Image.Resampling.LANCZOS),
    )


def giant_number(image: Image.Image, design: Design, fill: Colour) -> None:
    """The number, giant and a little transparent, at the lower right."""
    width, height = design.size
    sheet = image.copy()
    write(
        sheet,
        design.words.number,
        "anton",
        (width * 0.56, height * 0.6, width * 0.97, height * 0.9),
        fill,
        align="right",
        lines=1,
        valign="bottom",
    )
    image.paste(Image.blend(image, sheet, 0.85))

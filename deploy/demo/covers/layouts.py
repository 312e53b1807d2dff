"""Layouts of front covers: positions of picture and texts."""

from collections.abc import Callable

from PIL import Image, ImageDraw

from deploy.demo.covers.canvas import gradient
from deploy.demo.covers.fonts import is_east_asian
from deploy.demo.covers.lettering import colours_over, write, write_along, write_down
from deploy.demo.covers.marks import publisher_mark, ribbon
from deploy.demo.covers.palettes import luminance, mix, readable_on
from deploy.demo.covers.parts import (
    Design,
    calm_top,
    foot,
    giant_number,
    line_above,
    line_below,
    medal,
    number_disc,
)

Layout = Callable[[Design], Image.Image]


def banner(design: Design) -> Image.Image:
    """The picture everywhere, the title across its top, the number in a disc below."""
    (width, height), palette, words = design.size, design.palette, design.words
    image = design.picture(design.size)
    calm_top(image, palette, 0.34)
    top = line_above(image, design, height * 0.03)
    box = (width * 0.05, top, width * 0.95, top + height * 0.17)
    fill, edge = colours_over(image, box, palette)
    end = write(image, words.title, design.face, box, fill, edge=edge, lines=2, valign="top")[3]
    line_below(image, design, end + height * 0.008, fill, edge)
    foot(image, design)
    number_disc(image, design, (width * 0.86, height * 0.858), width * 0.1)
    return image


def side(design: Design) -> Image.Image:
    """A strip of colour down one side with the title in its first script."""
    (width, height), palette, words = design.size, design.palette, design.words
    strip = round(width * 0.19)
    image = Image.new("RGB", design.size, palette.accent)
    image.paste(design.picture((width - strip, height)), (strip, 0))
    ground = palette.accent
    fill = readable_on(ground, palette)
    tall = words.title if is_east_asian(words.title) else words.native
    box = (strip * 0.1, height * 0.17, strip * 0.9, height * 0.87)
    if is_east_asian(tall):
        write_down(image, tall, "noto-sans", box, fill)
    else:
        write_along(image, words.title, design.face, box, fill)
    if words.number:
        write(
            image,
            words.number,
            "anton",
            (strip * 0.12, height * 0.02, strip * 0.88, height * 0.14),
            fill,
            lines=1,
        )
        ImageDraw.Draw(image).rectangle((strip * 0.2, height * 0.15, strip * 0.8, height * 0.155), fill=fill)
    publisher_mark(
        image, words.publisher, (strip * 0.5, height * 0.93), strip * 0.5, fill, ground, named=False
    )
    head = words.native if is_east_asian(words.title) else words.title
    place = (strip + width * 0.03, height * 0.03, width * 0.97, height * 0.16)
    letters, edge = colours_over(image, place, palette)
    write(image, head or words.title, design.face, place, letters, edge=edge, lines=2)
    small = (strip + width * 0.04, height * 0.94, width * 0.96, height * 0.975)
    write(
        image,
        words.authors.upper(),
        "barlow",
        small,
        colours_over(image, small, palette)[0],
        lines=1,
        align="right",
    )
    ribbon(image, words.ribbon, (width * 0.97, height * 0.88), width * 0.5, palette)
    return image


def block(design: Design) -> Image.Image:
    """The picture above, a block of paper below with title and number."""
    (width, height), palette, words = design.size, design.palette, design.words
    split = round(height * 0.74)
    image = Image.new("RGB", design.size, palette.paper)
    image.paste(design.picture((width, split)), (0, 0))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, split, width, split + height * 0.012), fill=palette.accent)
    right = width * (0.74 if words.number else 0.94)
    write(
        image,
        words.authors.upper(),
        "barlow",
        (width * 0.06, height * 0.765, right, height * 0.793),
        palette.mid,
        align="left",
        lines=1,
    )
    title = (width * 0.06, height * 0.795, right, height * 0.92)
    write(image, words.title, design.face, title, palette.night, align="left", lines=2)
    below = words.under or words.over or words.native
    if below:
        write(
            image,
            below,
            "barlow",
            (width * 0.06, height * 0.92, width * 0.62, height * 0.965),
            palette.deep,
            align="left",
            lines=1,
            largest=round(height * 0.036),
        )
    if words.number:
        write(
            image,
            words.number,
            "anton",
            (width * 0.76, height * 0.77, width * 0.95, height * 0.91),
            palette.accent,
            lines=1,
        )
    publisher_mark(
        image, words.publisher, (width * 0.9, height * 0.945), width * 0.055, palette.night, palette.paper
    )
    ribbon(image, words.ribbon, (width, height * 0.06), width * 0.5, palette)
    return image


def frame(design: Design) -> Image.Image:
    """A picture in a frame, in the manner of a classic edition."""
    (width, height), palette, words = design.size, design.palette, design.words
    dark = bool(words.ribbon) or luminance(palette.mid) < 0.35
    ground, ink = (
        (palette.night, mix(palette.accent, palette.paper, 0.45)) if dark else (palette.paper, palette.night)
    )
    image = Image.new("RGB", design.size, ground)
    left, top, right, bottom = (
        round(edge) for edge in (width * 0.09, height * 0.3, width * 0.91, height * 0.88)
    )
    image.paste(design.picture((right - left, bottom - top)), (left, top))
    draw = ImageDraw.Draw(image)
    for gap, thick in ((0.016, 0.006), (0.03, 0.002)):
        reach = width * gap
        draw.rectangle(
            (left - reach, top - reach, right + reach, bottom + reach),
            outline=ink,
            width=max(1, round(width * thick)),
        )
    write(
        image,
        words.authors.upper(),
        "barlow",
        (width * 0.08, height * 0.035, width * 0.92, height * 0.065),
        ink,
        lines=1,
    )
    low = 0.2 if words.over or words.under or words.native else 0.25
    write(
        image,
        words.title,
        design.face,
        (width * 0.07, height * 0.075, width * 0.93, height * low),
        ink,
        lines=3,
    )
    second = words.under or words.over or words.native
    if second:
        write(
            image,
            second,
            "barlow",
            (width * 0.1, height * 0.208, width * 0.9, height * 0.25),
            mix(ink, ground, 0.25),
            lines=1,
            largest=round(height * 0.034),
        )
    if words.number:
        medal(image, design, (width * 0.5, top - width * 0.008), width * 0.062, ground, ink)
    publisher_mark(image, words.publisher, (width * 0.5, height * 0.945), width * 0.055, ink, ground)
    if words.ribbon:
        write(
            image,
            words.ribbon.upper(),
            "barlow",
            (width * 0.1, height * 0.252, width * 0.9, height * 0.278),
            ink,
            lines=1,
        )
    return image


def poster(design: Design) -> Image.Image:
    """The picture everywhere, large words from the left, a giant number below."""
    (width, height), palette, words = design.size, design.palette, design.words
    image = design.picture(design.size)
    calm_top(image, palette, 0.5)
    box = (width * 0.06, height * 0.05, width * 0.94, height * 0.31)
    fill, edge = colours_over(image, box, palette)
    if words.number:
        giant_number(image, design, fill)
    ImageDraw.Draw(image).rectangle(
        (width * 0.06, height * 0.035, width * 0.24, height * 0.043), fill=palette.accent
    )
    end = write(
        image,
        words.title,
        design.face,
        box,
        fill,
        edge=edge,
        align="left",
        lines=3,
        valign="top",
        largest=round(height * 0.12),
    )[3]
    second = words.under or words.over or words.native
    if second:
        write(
            image,
            second,
            "barlow",
            (width * 0.06, end + height * 0.008, width * 0.94, end + height * 0.05),
            fill,
            edge=edge,
            align="left",
            lines=1,
            largest=round(height * 0.036),
        )
    foot(image, design)
    return image


def album(design: Design) -> Image.Image:
    """A large album: series above, picture below, the episode's title between them."""
    (width, height), palette, words = design.size, design.palette, design.words
    split = round(height * 0.235)
    ground = palette.deep if luminance(palette.deep) < 0.5 else palette.night
    image = Image.new("RGB", design.size, ground)
    image.paste(gradient((width, split), ground, mix(ground, palette.mid, 0.5)), (0, 0))
    image.paste(design.picture((width, height - split)), (0, split))
    write(
        image,
        words.authors.upper(),
        "barlow",
        (width * 0.2, height * 0.018, width * 0.8, height * 0.042),
        palette.paper,
        lines=1,
    )
    write(
        image,
        words.title,
        design.face,
        (width * 0.16, height * 0.045, width * 0.84, height * 0.16),
        palette.accent,
        edge=palette.night,
        lines=2,
    )
    if words.under:
        draw = ImageDraw.Draw(image)
        draw.rectangle((0, height * 0.172, width, split), fill=palette.paper)
        write(
            image,
            words.under,
            "barlow",
            (width * 0.06, height * 0.178, width * 0.94, height * 0.23),
            palette.night,
            lines=1,
        )
    ImageDraw.Draw(image).rectangle((0, split, width, split + height * 0.006), fill=palette.night)
    number_disc(image, design, (width * 0.085, height * 0.075), width * 0.058)
    publisher_mark(
        image, words.publisher, (width * 0.5, height * 0.965), width * 0.045, palette.paper, palette.night
    )
    ribbon(image, words.ribbon, (width, height * 0.28), width * 0.4, palette)
    return image


LAYOUTS: dict[str, Layout] = {
    "album": album,
    "banner": banner,
    "block": block,
    "frame": frame,
    "poster": poster,
    "side": side,
}

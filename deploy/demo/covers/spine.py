"""Spines: thickness by number of pages, with one design for a series."""

from PIL import Image, ImageDraw

from deploy.demo.books import Volume
from deploy.demo.covers import front, palettes, words
from deploy.demo.covers.canvas import gradient, printed
from deploy.demo.covers.fonts import is_east_asian
from deploy.demo.covers.lettering import write, write_along, write_down
from deploy.demo.covers.marks import publisher_mark
from deploy.demo.covers.palettes import mix, readable_on

_LEAF = 0.0068
"""Centimetres that a page adds to a book's thickness."""
_COVER = {True: 0.6, False: 0.15}
"""Centimetres that a hard (soft) cover adds."""
_THICKEST = 7.0


def size(volume: Volume) -> tuple[int, int]:
    """Return width and height in pixels of a volume's spine, in proportion to its front cover."""
    thick = min(volume.pages * _LEAF + _COVER[volume.hardcover], _THICKEST)
    return max(32, round(front.HEIGHT * thick / front.centimetres(volume)[1])), front.HEIGHT


def spine(volume: Volume) -> Image.Image:
    """Draw a volume's spine: the series' colour, a slice of the picture, number, title, authors."""
    width, height = size(volume)
    said = words.of(volume)
    house = palettes.of_series(f"{volume.series.type}/{volume.series.name}")[0]
    own = front.palette(volume)
    ground = house.night if front.layout(volume) != "block" else house.paper
    ink = readable_on(ground, house)
    image = gradient((width, height), ground, ground)
    picture = front.scene(volume, front.size(volume))
    left = (picture.width - width) // 2
    slice_of = picture.crop((left, round(height * 0.3), left + width, round(height * 0.52)))
    image.paste(slice_of, (0, round(height * 0.1)))
    draw = ImageDraw.Draw(image)
    for edge in (0.1, 0.32):
        draw.rectangle((0, height * edge - 2, width, height * edge + 2), fill=own.accent)
    if said.number:
        write(
            image,
            said.number,
            "anton",
            (width * 0.12, height * 0.015, width * 0.88, height * 0.09),
            ink,
            lines=1,
        )
    title = (width * 0.14, height * 0.34, width * 0.86, height * 0.72)
    if is_east_asian(said.title):
        write_down(image, said.title, "noto-sans", title, ink)
    else:
        write_along(image, said.title, volume.series.face, title, ink)
    authors = (width * 0.3, height * 0.735, width * 0.7, height * 0.91)
    largest = round(min(width * 0.3, height * 0.03))
    write_along(image, said.authors, "barlow", authors, mix(ink, ground, 0.25), largest=largest)
    publisher_mark(
        image,
        volume.publisher,
        (width / 2, height * 0.955),
        min(width * 0.62, height * 0.05),
        ink,
        ground,
        named=False,
    )
    return printed(image)

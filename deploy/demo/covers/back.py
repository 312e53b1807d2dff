"""Back covers: a blurb and the barcode."""

from PIL import Image, ImageDraw

from deploy.demo.books import Volume
from deploy.demo.covers import front, words
from deploy.demo.covers.barcode import barcode
from deploy.demo.covers.canvas import gradient, printed
from deploy.demo.covers.fonts import face as face_of
from deploy.demo.covers.fonts import is_east_asian
from deploy.demo.covers.lettering import paragraph, write
from deploy.demo.covers.marks import publisher_mark
from deploy.demo.covers.palettes import luminance, mix, readable_on

_SYMBOLS = {"USD": "$", "GBP": "£", "EUR": "€", "JPY": "¥", "CNY": "¥"}


def back(volume: Volume) -> Image.Image:
    """Draw a volume's back cover, as large as its front."""
    size = width, height = front.size(volume)
    palette, said = front.palette(volume), words.of(volume)
    ground = palette.deep if luminance(palette.deep) < 0.6 else palette.night
    ink = readable_on(ground, palette)
    scene = front.scene(volume, size)
    image = Image.blend(gradient(size, ground, mix(ground, palette.night, 0.7)), scene, 0.12)
    split, top = round(height * 0.3), round(height * 0.32)
    image.paste(scene.crop((0, top, width, top + split)), (0, 0))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, split, width, split + height * 0.008), fill=palette.accent)
    face = "noto-sans" if is_east_asian(said.title) else volume.series.face
    box = (width * 0.08, height * 0.335, width * 0.92, height * 0.41)
    write(image, said.title, face, box, mix(palette.accent, palette.paper, 0.3), align="left", lines=1)
    end = paragraph(
        image,
        _blurb(volume),
        "barlow-text",
        (width * 0.08, height * 0.435, width * 0.92, height * 0.72),
        ink,
        round(height * 0.033),
    )
    small = round(height * 0.022)
    paragraph(
        image,
        said.authors,
        "barlow",
        (width * 0.08, end + small, width * 0.92, height * 0.76),
        palette.light,
        small,
    )
    code = barcode(volume.isbn13, max(2, round(width * 0.0032)))
    image.paste(code, (round(width * 0.92) - code.width, round(height * 0.94) - code.height))
    publisher_mark(image, volume.publisher, (width * 0.16, height * 0.88), width * 0.1, ink, ground)
    draw.text((width * 0.92 - code.width, height * 0.952), _price(volume), ink, face_of("barlow", small))
    return printed(image)


def _blurb(volume: Volume) -> str:
    """Return the description, in a language with Latin letters, as its line breaks are simple."""
    about = volume.series.about
    text = about.get(volume.language, about["English"])
    return about["English"] if is_east_asian(text) else text


def _price(volume: Volume) -> str:
    return f"{_SYMBOLS.get(volume.currency) or volume.currency} {volume.price}"

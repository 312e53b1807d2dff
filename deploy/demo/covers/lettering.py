"""Typesetting: the largest size that fits, in lines or vertically, with colours readable on the background."""

import re

from PIL import Image, ImageDraw, ImageFont

from deploy.demo.covers.fonts import face, is_east_asian, name_for
from deploy.demo.covers.palettes import Colour, Palette, luminance

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels."""

_LEADING = 1.0
_TURNED = "ー〜–—-:："
"""Characters that are rotated in vertical writing."""

_HAS_KANA = re.compile("[ぁ-ヺ]")
_RUNS = re.compile("[ァ-ヺー・!！?？]+|[^ァ-ヺー・ぁ-ん]+[ぁ-ん]*|[ぁ-ん]+")


def fit(
    text: str, wished: str, size: tuple[float, float], *, lines: int = 3, largest: int = 400
) -> tuple[list[str], ImageFont.FreeTypeFont]:
    """Return the lines and the largest font in which ``text`` fits into ``size`` (width, height) in pixels."""
    name = name_for(text, wished)
    best = [text], face(name, 8)
    for count in range(1, lines + 1):
        broken = _broken(text, count)
        points = min(_points(broken, name, size), largest)
        if points > best[1].size:
            best = broken, face(name, points)
    return best


def _points(lines: list[str], name: str, size: tuple[float, float]) -> int:
    """Return the size in which the lines fit, computed from their width in a known size."""
    trial = face(name, 100)
    widest = max(trial.getlength(line) for line in lines)
    tallest = len(lines) * 100 * _LEADING
    return int(100 * min(size[0] / widest, size[1] / tallest))


def _broken(text: str, count: int) -> list[str]:
    """Break a text into at most ``count`` lines that are as even as its words allow."""
    solid = is_east_asian(text) and " " not in text
    pieces, glue = (_words(text), "") if solid else (text.split(), " ")
    lines: list[str] = []
    while pieces and len(lines) < count:
        left = count - len(lines)
        target = len(glue.join(pieces)) / left
        taken = 1
        while taken < len(pieces) and (
            left == 1
            or abs(len(glue.join(pieces[: taken + 1])) - target)
            <= abs(len(glue.join(pieces[:taken])) - target)
        ):
            taken += 1
        lines.append(glue.join(pieces[:taken]))
        pieces = pieces[taken:]
    return lines


def _words(text: str) -> list[str]:
    """Split a text without spaces at possible line ends: where the script changes, as between Japanese words.

    A text of Chinese characters alone may end a line anywhere.
    """
    words = _RUNS.findall(text)
    return words if len(words) > 1 or _HAS_KANA.search(text) else list(text)


def write(
    image: Image.Image,
    text: str,
    wished: str,
    box: Box,
    fill: Colour,
    *,
    edge: Colour | None = None,
    align: str = "middle",
    lines: int = 3,
    largest: int = 400,
    valign: str = "middle",
) -> Box:
    """Set a text as large as it fits into ``box``; ``edge`` outlines it. Returns the box that it fills."""
    left, top, right, bottom = box
    broken, font = fit(text, wished, (right - left, bottom - top), lines=lines, largest=largest)
    step = font.size * _LEADING
    start = {
        "top": top,
        "middle": (top + bottom - step * len(broken)) / 2,
        "bottom": bottom - step * len(broken),
    }[valign]
    x, anchor = {"left": (left, "lm"), "middle": ((left + right) / 2, "mm"), "right": (right, "rm")}[align]
    draw = ImageDraw.Draw(image)
    stroke = max(2, round(font.size * 0.06)) if edge else 0
    for place, line in enumerate(broken):
        middle = start + step * (place + 0.5)
        if edge:
            drop = font.size * 0.045
            draw.text(
                (x + drop, middle + drop),
                line,
                edge,
                font,
                anchor=anchor,
                stroke_width=stroke,
                stroke_fill=edge,
            )
        draw.text((x, middle), line, fill, font, anchor=anchor, stroke_width=stroke, stroke_fill=edge)
    return left, start, right, start + step * len(broken)


def write_down(
    image: Image.Image, text: str, wished: str, box: Box, fill: Colour, *, edge: Colour | None = None
) -> None:
    """Set a text of an East Asian script from top to bottom, letter under letter."""
    left, top, right, bottom = box
    letters = [letter for letter in text if not letter.isspace()]
    points = int(min((right - left) * 0.94, (bottom - top) / len(letters)))
    font = face(name_for(text, wished), points)
    stroke = max(2, points // 16) if edge else 0
    middle, start = (left + right) / 2, (top + bottom - points * len(letters)) / 2
    for place, letter in enumerate(letters):
        cell = Image.new("L", (points * 2, points * 2))
        ImageDraw.Draw(cell).text((points, points), letter, 255, font, anchor="mm")
        outer = Image.new("L", cell.size)
        ImageDraw.Draw(outer).text((points, points), letter, 255, font, anchor="mm", stroke_width=stroke)
        corner = round(middle - points), round(start + points * (place + 0.5) - points)
        for mask, colour in ((outer, edge), (cell, fill)):
            if colour:
                image.paste(colour, corner, mask.rotate(-90) if letter in _TURNED else mask)


def write_along(
    image: Image.Image,
    text: str,
    wished: str,
    box: Box,
    fill: Colour,
    *,
    clockwise: bool = True,
    largest: int = 400,
) -> None:
    """Set a line that runs down or up the side of a picture."""
    left, top, right, bottom = (round(edge) for edge in box)
    strip = Image.new("L", (bottom - top, right - left))
    broken, font = fit(text, wished, (strip.width, strip.height), lines=1, largest=largest)
    ImageDraw.Draw(strip).text((strip.width / 2, strip.height / 2), broken[0], 255, font, anchor="mm")
    image.paste(
        fill,
        (left, top),
        strip.transpose(Image.Transpose.ROTATE_270 if clockwise else Image.Transpose.ROTATE_90),
    )


def paragraph(image: Image.Image, text: str, wished: str, box: Box, fill: Colour, points: int) -> float:
    """Set running text, lines broken at words; what does not fit is left out. Returns where it ends."""
    left, top, right, bottom = box
    font = face(name_for(text, wished), points)
    draw, line, y = ImageDraw.Draw(image), "", top
    for word in [*text.split(), ""]:
        longer = f"{line} {word}".strip()
        if word and font.getlength(longer) <= right - left:
            line = longer
            continue
        if y + points <= bottom:
            draw.text((left, y), line, fill, font)
            y += points * 1.32
        line = word
    return y


def colours_over(image: Image.Image, box: Box, palette: Palette) -> tuple[Colour, Colour]:
    """Return the colours (of the letters, of their edge) that are read well over a part of a picture."""
    left, top, right, bottom = box
    part = image.crop((round(left), round(top), round(right), round(bottom)))
    pixel = part.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    assert isinstance(pixel, tuple)
    dark = luminance((pixel[0], pixel[1], pixel[2])) < 0.55
    return (palette.paper, palette.night) if dark else (palette.night, palette.paper)

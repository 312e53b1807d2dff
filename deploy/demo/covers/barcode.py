"""The barcode on a back cover: EAN-13, as scanners read it."""

from PIL import Image, ImageDraw

from deploy.demo.covers.fonts import face

_ODD = (
    "0001101",
    "0011001",
    "0010011",
    "0111101",
    "0100011",
    "0110001",
    "0101111",
    "0111011",
    "0110111",
    "0001011",
)
"""The digits of the left half in odd parity; even parity is the right half's code mirrored."""

_PARITY = ("OOOOOO", "OOEOEE", "OOEEOE", "OOEEEO", "OEOOEE", "OEEOOE", "OEEEOO", "OEOEOE", "OEOEEO", "OEEOEO")
"""The parity of the six digits of the left half, by the first digit, which has no bars of its own."""

_QUIET = 9
"""Modules of white before and after the bars."""


def modules(code: str) -> str:
    """Return the 95 modules of a 13-digit code from left to right: ``1`` is a bar, ``0`` a space."""
    left = "".join(
        _ODD[int(digit)] if parity == "O" else _right(digit)[::-1]
        for digit, parity in zip(code[1:7], _PARITY[int(code[0])], strict=True)
    )
    return f"101{left}01010{''.join(map(_right, code[7:]))}101"


def _right(digit: str) -> str:
    return _ODD[int(digit)].translate(str.maketrans("01", "10"))


def barcode(code: str, module: int) -> Image.Image:
    """Draw the barcode of an ISBN-13, bars ``module`` pixels wide, with the ISBN above and its digits below."""
    width, height = (95 + 2 * _QUIET) * module, 74 * module
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    small = face("barlow-text", 10 * module)
    draw.text((width / 2, 7 * module), f"ISBN {code}", "black", small, anchor="mm")
    for place, bar in enumerate(modules(code)):
        if bar == "1":
            guard = place < 3 or place > 91 or 45 <= place <= 49
            left = (place + _QUIET) * module
            bottom = (66 if guard else 61) * module
            draw.rectangle((left, 14 * module, left + module - 1, bottom), fill="black")
    for digits, middle in ((code[0], 4), (code[1:7], _QUIET + 24), (code[7:], _QUIET + 71)):
        draw.text((middle * module, 67 * module), digits, "black", small, anchor="mm")
    return image

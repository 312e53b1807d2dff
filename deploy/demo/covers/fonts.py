"""The typefaces of covers, bundled so that covers look the same on every machine."""

from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

FOLDER = Path(__file__).resolve().parent.parent / "fonts"

FACES = {path.stem: path for path in sorted(FOLDER.glob("*.[ot]tf"))}
"""Name -> file."""

_EVERY_LATIN = "barlow"
"""The face that has every Latin letter; the Noto faces have those of East Asia."""

_EAST_ASIAN = 0x2E80


@lru_cache(maxsize=512)
def face(name: str, size: int) -> ImageFont.FreeTypeFont:
    """Return a typeface at ``size`` pixels."""
    return ImageFont.truetype(str(FACES[name]), size)


def is_east_asian(text: str) -> bool:
    """Return whether a text has letters of Chinese, Japanese or Korean scripts."""
    return any(ord(letter) >= _EAST_ASIAN for letter in text)


@lru_cache(maxsize=4096)
def name_for(text: str, wished: str) -> str:
    """Return ``wished`` if that typeface has every letter of ``text``, else the name of one that has."""
    if all(_has(wished, letter) for letter in text if not letter.isspace()):
        return wished
    if not is_east_asian(text):
        return _EVERY_LATIN
    return "noto-serif" if wished in {"noto-serif", "cinzel"} else "noto-sans"


@lru_cache(maxsize=16384)
def _has(name: str, letter: str) -> bool:
    font = face(name, 32)
    missing = font.getmask("\U0010ffff")
    drawn = font.getmask(letter)
    return drawn.size != missing.size or bytes(drawn) != bytes(missing)

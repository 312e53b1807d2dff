"""Preview data of a picture: placeholder, colour and perceptual hash. Runs in child processes only."""

from typing import Any

from PIL import Image

from files.rules.colours import dominant_colour
from files.rules.geometry import fitting
from files.rules.perceptual_hash import SIDE, perceptual_hash
from files.rules.thumbhash import thumbhash

_MAX_EDGE = 32
"""Longest side, in pixels, of the picture that the placeholder is computed from."""


def preview(scaled: Image.Image) -> dict[str, Any]:
    """Return ``placeholder``, ``color`` and ``phash`` of a picture in its smaller size."""
    seen = scaled if scaled.mode == "RGBA" else scaled.convert("RGB")
    small = seen.resize(fitting(seen.size, _MAX_EDGE), Image.Resampling.BOX, reducing_gap=1.0).convert("RGBA")
    raw = small.tobytes()
    pixels = list(zip(raw[::4], raw[1::4], raw[2::4], raw[3::4], strict=True))
    return {
        "placeholder": thumbhash(*small.size, pixels),
        "color": dominant_colour(pixels),
        "phash": perceptual_hash(_grey_square(seen).tobytes()),
    }


def _grey_square(picture: Image.Image) -> Image.Image:
    if picture.mode == "RGBA":
        paper = Image.new("RGB", picture.size, (255, 255, 255))
        paper.paste(picture, mask=picture.getchannel("A"))
        picture = paper
    return picture.convert("L").resize((SIDE, SIDE), Image.Resampling.LANCZOS)

"""Colour profiles: what a picture's numbers mean, told in sRGB. Runs in child processes only."""

import io
from itertools import product

from PIL import Image, ImageCms

_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
_COLOURS = {"L": "GRAY", "RGB": "RGB", "RGBA": "RGB", "CMYK": "CMYK"}
"""Mode of a picture -> the colour space a profile must be about to fit it."""

_SAMPLES = bytes(value for colour in product(range(0, 256, 51), repeat=3) for value in colour)
_SAME = 1
"""Levels by which conversions of sRGB to itself round."""


def conversion(profile: bytes | None, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Return what makes sRGB of the pixels of a picture in ``mode`` with a ``profile``.

    None where there is nothing to do: without a profile, with one that is broken or about other colours (a
    picture is good without), and with one of the many that mean sRGB.
    """
    if not profile or mode not in _COLOURS:
        return None
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space.strip() != _COLOURS[mode] or (
            _COLOURS[mode] == "RGB" and _is_srgb(source)
        ):
            return None
        return ImageCms.buildTransform(source, _SRGB, mode, "RGBA" if mode == "RGBA" else "RGB")
    except (OSError, ValueError, ImageCms.PyCMSError):
        return None


def _is_srgb(source: ImageCms.ImageCmsProfile) -> bool:
    """Whether the profile changes no colour: converting costs as much as all other work on the pixels."""
    samples = Image.frombytes("RGB", (len(_SAMPLES) // 3, 1), _SAMPLES)
    converted = ImageCms.applyTransform(samples, ImageCms.buildTransform(source, _SRGB, "RGB", "RGB"))
    assert converted is not None
    return all(abs(one - other) <= _SAME for one, other in zip(_SAMPLES, converted.tobytes(), strict=True))

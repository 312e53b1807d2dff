"""Conversion of ICC colour profiles to sRGB. Runs in child processes only."""

import io
from itertools import product

from PIL import Image, ImageCms

_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
_COLOURS = {"L": "GRAY", "RGB": "RGB", "RGBA": "RGB", "CMYK": "CMYK"}
"""Pillow mode -> colour space that a matching profile has."""

_SAMPLES = bytes(value for colour in product(range(0, 256, 51), repeat=3) for value in colour)
_SAME = 1
"""Rounding error, in levels, of a conversion from sRGB to sRGB."""


def conversion(profile: bytes | None, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Return the transform to sRGB for pixels in ``mode`` with ``profile``, or None if none is needed.

    None for a missing, broken or mismatched profile (it is ignored), and for a profile equivalent to sRGB.
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
    """Return whether the profile is equivalent to sRGB.

    A conversion takes as long as all other pixel work.
    """
    samples = Image.frombytes("RGB", (len(_SAMPLES) // 3, 1), _SAMPLES)
    converted = ImageCms.applyTransform(samples, ImageCms.buildTransform(source, _SRGB, "RGB", "RGB"))
    assert converted is not None
    return all(abs(one - other) <= _SAME for one, other in zip(_SAMPLES, converted.tobytes(), strict=True))

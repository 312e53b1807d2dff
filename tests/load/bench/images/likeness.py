"""Similarity of two pictures: SSIM of their brightness, against an unencoded reduction."""

from pathlib import Path

import pyvips
from PIL import Image

_SIGMA = 1.5
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def reference(picture: Path, size: tuple[int, int]) -> pyvips.Image:
    """Return the picture reduced with Lanczos from all of its pixels, never encoded, in greys."""
    with Image.open(picture) as image:
        return _greys(image.convert("RGB").resize(size, Image.Resampling.LANCZOS))


def decoded(path: Path) -> pyvips.Image:
    """Return a stored picture in greys."""
    with Image.open(path) as image:
        return _greys(image.convert("RGB"))


def ssim(one: pyvips.Image, other: pyvips.Image) -> float:
    """Return the structural similarity, 1 for equal pictures (Wang et al. 2004, Gaussian window)."""
    mean_one, mean_other = _blurred(one), _blurred(other)
    spread_one = _blurred(one * one) - mean_one * mean_one
    spread_other = _blurred(other * other) - mean_other * mean_other
    together = _blurred(one * other) - mean_one * mean_other
    above = (2 * mean_one * mean_other + _C1) * (2 * together + _C2)
    below = (mean_one * mean_one + mean_other * mean_other + _C1) * (spread_one + spread_other + _C2)
    return float((above / below).avg())


def _blurred(image: pyvips.Image) -> pyvips.Image:
    return image.gaussblur(_SIGMA, precision="float", min_ampl=0.01)


def _greys(image: Image.Image) -> pyvips.Image:
    grey = image.convert("L")
    return pyvips.Image.new_from_memory(grey.tobytes(), grey.width, grey.height, 1, "uchar").cast("float")

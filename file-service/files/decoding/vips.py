"""Decoding and reduction of JPEG, PNG and WebP with libvips. Runs in child processes only.

libvips holds a few lines of a large PNG in memory where Pillow holds the whole picture, holds one copy of a
WebP less, and has a faster Lanczos filter. docs/pictures.md has the measurements.
"""

import os

os.environ["VIPS_CONCURRENCY"] = "1"  # one slot is one core

import pyvips
from PIL import Image

from files.rules.formats import PictureFormat
from files.rules.geometry import Box, Size

KINDS: dict[PictureFormat, str] = {
    "JPEG": "jpegload_buffer",
    "PNG": "pngload_buffer",
    "WEBP": "webpload_buffer",
}
"""Supported format -> libvips loader."""
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
_SHRINKS = (8, 4, 2)
"""Factors by which a JPEG decoder can divide the sides, largest first."""
_UNSEEN = 0.25
"""Maximum error of a crop edge, in pixels of the result."""

# Disables all other libvips loaders, whatever format a file claims to have.
pyvips.operation_block_set("VipsForeignLoad", True)
for _loader in ("VipsForeignLoadJpegBuffer", "VipsForeignLoadPngBuffer", "VipsForeignLoadWebpBuffer"):
    pyvips.operation_block_set(_loader, False)
pyvips.cache_set_max(0)


def reduced(data: bytes, kind: PictureFormat, stored: Size, box: Box, size: Size) -> Image.Image:
    """Return the part ``box`` of a picture, reduced to ``size``: greyscale, RGB or RGBA, 8 bits a channel.

    ``stored`` is the picture's size in its header. EXIF orientation and colour profile are not applied.
    Raises ``ValueError`` for a broken picture.
    """
    try:
        shrink = _shrink(stored, box, size) if kind == "JPEG" else 1
        image = _cut(_opened(data, kind, shrink), stored, box)
        image = _resized(image, size)
        pixels = image.write_to_memory()
    except pyvips.Error as error:
        raise ValueError(error.detail.strip().partition("\n")[0]) from None
    if (image.width, image.height) != size:
        raise ValueError(f"{image.width} x {image.height} pixels instead of {size[0]} x {size[1]}")
    mode = _MODES[image.bands]
    return Image.frombuffer(mode, size, pixels, "raw", mode, 0, 1)


def _opened(data: bytes, kind: PictureFormat, shrink: int) -> pyvips.Image:
    options = {"shrink": shrink} if shrink > 1 else {}
    load = getattr(pyvips.Image, KINDS[kind])
    return _plain(load(data, access="sequential", fail_on="error", **options))


def _resized(image: pyvips.Image, size: Size) -> pyvips.Image:
    if (image.width, image.height) == size:
        return image
    seen = image.premultiply() if image.hasalpha() else image
    seen = seen.resize(size[0] / image.width, vscale=size[1] / image.height, kernel="lanczos3")
    return (seen.unpremultiply() if image.hasalpha() else seen).cast("uchar")


def _shrink(stored: Size, box: Box, size: Size) -> int:
    """Return the largest factor by which a JPEG decoder may divide the sides.

    The decoded part is at least as large as ``size``, and crop edges move by at most ``_UNSEEN`` pixels.
    """
    return next((shrink for shrink in _SHRINKS if _may_shrink(shrink, stored, box, size)), 1)


def _may_shrink(shrink: int, stored: Size, box: Box, size: Size) -> bool:
    for axis in (0, 1):
        low, high = box[axis], box[axis + 2]
        if high - low < shrink * size[axis]:
            return False
        moved = max(_off(low, shrink), 0 if high == stored[axis] else _off(high, shrink))
        if moved * size[axis] > _UNSEEN * (high - low):
            return False
    return True


def _off(edge: int, shrink: int) -> float:
    """Return the distance, in pixels, from ``edge`` to the nearest multiple of ``shrink``."""
    return abs(edge - shrink * round(edge / shrink))


def _plain(image: pyvips.Image) -> pyvips.Image:
    """Return ``image`` with 8 bits a channel and one, three or four channels."""
    if image.format == "ushort":
        image = (image >> 8).cast("uchar")
    if image.bands == 2:
        return image[0].bandjoin([image[0], image[0], image[1]])
    return image


def _cut(image: pyvips.Image, stored: Size, box: Box) -> pyvips.Image:
    """Crop ``box`` (in file coordinates) from an image that may have been decoded at a smaller size."""
    across, down = image.width / stored[0], image.height / stored[1]
    left, top = round(box[0] * across), round(box[1] * down)
    right, bottom = min(image.width, round(box[2] * across)), min(image.height, round(box[3] * down))
    return image.crop(left, top, right - left, bottom - top)

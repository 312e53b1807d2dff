"""Originals: the stored files from which pictures are recropped.

The original is the uploaded file without its metadata. GIF and AVIF files, which may contain several
pictures, are converted to lossless WebP. Lossless WebP for all formats was measured on covers of photographic
noise: six megapixels take 0.6 s and 370 MiB, four times the rest of the upload, and the result is larger than
the source JPEG (13 times) and PNG (1.05 times).
"""

import io
from collections.abc import Callable

from PIL import Image

from files.rules.formats import PictureFormat
from files.rules.strip_metadata import strip_metadata

_NAMES: dict[PictureFormat, str] = {"JPEG": "original.jpg", "PNG": "original.png", "WEBP": "original.webp"}
_MAX_PIXELS_AS_WEBP = 4_000_000
"""Larger pictures would take the encoder more memory than a decoding child has; they become PNG."""


def original(
    data: bytes,
    kind: PictureFormat,
    whole: Callable[[], Image.Image],
    *,
    profile: bytes | None,
    orientation: int,
) -> dict[str, bytes]:
    """Return the original (name -> bytes) of the uploaded file ``data``.

    ``whole`` decodes the full picture and is called only for a conversion. ``profile`` is the colour profile,
    or None for sRGB; ``orientation`` is the EXIF orientation. Raises ``ValueError`` for a truncated file.
    """
    kept = strip_metadata(kind, data, keep_profile=profile is not None, orientation=orientation)
    return {_NAMES[kind]: kept} if kept is not None else _lossless(whole(), profile, orientation)


def _lossless(image: Image.Image, profile: bytes | None, orientation: int) -> dict[str, bytes]:
    exif = _exif(orientation)
    image.info = {}
    file = io.BytesIO()
    if image.width * image.height <= _MAX_PIXELS_AS_WEBP:
        image.save(file, "WEBP", lossless=True, quality=0, method=0, icc_profile=profile, exif=exif)
        return {"original.webp": file.getvalue()}
    image.save(file, "PNG", compress_level=1, icc_profile=profile, exif=exif)
    return {"original.png": file.getvalue()}


def _exif(orientation: int) -> bytes:
    if orientation == 1:
        return b""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()

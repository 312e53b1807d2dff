"""The original of a picture: what it can be cut from again, without anything that is not to be kept.

It is the uploaded file without its metadata. Lossless WebP, of which one might think first, was measured on covers
of photographic noise: six megapixels take it 0.6 s and 370 MiB, four times what all the rest of an upload takes,
and the file comes out larger than the JPEG (13 times) and the PNG (1.05 times) it was made of. It is what GIF and
AVIF become, whose files hold more than one picture.
"""

import io
from collections.abc import Callable

from PIL import Image

from files.rules.formats import PictureFormat
from files.rules.strip_metadata import strip_metadata

_NAMES: dict[PictureFormat, str] = {"JPEG": "original.jpg", "PNG": "original.png", "WEBP": "original.webp"}
_MOST_PIXELS_AS_WEBP = 4_000_000
"""More would take the encoder more memory than a decoding child has."""


def original(
    data: bytes,
    kind: PictureFormat,
    whole: Callable[[], Image.Image],
    *,
    profile: bytes | None,
    orientation: int,
) -> dict[str, bytes]:
    """Return the original (name -> bytes) of the upload ``data``, which ``whole`` decodes where it has to be.

    ``profile`` is its colour profile where that is not sRGB, ``orientation`` (EXIF) how its pixels lie. Raises
    ``ValueError`` where the file is not whole.
    """
    kept = strip_metadata(kind, data, keep_profile=profile is not None, orientation=orientation)
    return {_NAMES[kind]: kept} if kept is not None else _lossless(whole(), profile, orientation)


def _lossless(image: Image.Image, profile: bytes | None, orientation: int) -> dict[str, bytes]:
    exif = _exif(orientation)
    image.info = {}
    file = io.BytesIO()
    if image.width * image.height <= _MOST_PIXELS_AS_WEBP:
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

"""The original of a picture: what it can be cut from again, without anything that is not to be kept.

It is the uploaded file without its metadata. Lossless WebP, of which one might think first, was measured on covers
of photographic noise: six megapixels take it 0.6 s and 370 MiB, four times what all the rest of an upload takes,
and the file comes out larger than the JPEG (13 times) and the PNG (1.05 times) it was made of. It is what GIF and
AVIF become, whose files hold more than one picture.
"""

import io

from PIL import Image

from files.rules.bare import bare
from files.rules.kinds import Kind

_NAMES: dict[Kind, str] = {"JPEG": "original.jpg", "PNG": "original.png", "WEBP": "original.webp"}
_MOST_PIXELS_AS_WEBP = 4_000_000
"""More would take the encoder more memory than a decoding child has."""


def original(
    data: bytes, kind: Kind, image: Image.Image, *, keep_profile: bool, orientation: int
) -> dict[str, bytes]:
    """Return the original (name -> bytes) of the upload ``data``, which ``image`` decodes when it has to.

    ``keep_profile`` says that its colour profile is not sRGB, ``orientation`` (EXIF) how its pixels lie. Raises
    ``ValueError`` where the file is not whole.
    """
    kept = bare(kind, data, keep_profile=keep_profile, orientation=orientation)
    return {_NAMES[kind]: kept} if kept is not None else _lossless(image, orientation, keep_profile)


def _lossless(image: Image.Image, orientation: int, keep_profile: bool) -> dict[str, bytes]:
    profile = image.info.get("icc_profile") if keep_profile else None
    exif = _exif(orientation)
    whole = image.convert("RGBA" if image.has_transparency_data else "RGB")
    whole.info = {}
    file = io.BytesIO()
    if whole.width * whole.height <= _MOST_PIXELS_AS_WEBP:
        whole.save(file, "WEBP", lossless=True, quality=0, method=0, icc_profile=profile, exif=exif)
        return {"original.webp": file.getvalue()}
    whole.save(file, "PNG", compress_level=1, icc_profile=profile, exif=exif)
    return {"original.png": file.getvalue()}


def _exif(orientation: int) -> bytes:
    if orientation == 1:
        return b""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()

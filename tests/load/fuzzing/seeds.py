"""The pictures that mutations start from: every format, with the features that decoders handle separately."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from PIL import Image, ImageCms

from tests.support.pictures import encoded, quarters

SIZE = (64, 48)


@cache
def seeds() -> tuple[bytes, ...]:
    """Return the files, the same ones in the same order at each call."""
    return tuple(_seeds())


def _seeds() -> Iterator[bytes]:
    picture = quarters(*SIZE)
    picture.paste(Image.linear_gradient("L").resize((32, 24)).convert("RGB"), (16, 12))
    clear = picture.convert("RGBA")
    clear.putalpha(Image.radial_gradient("L").resize(SIZE))
    frames = [picture.rotate(angle) for angle in (90, 180)]
    several: dict[str, Any] = {"save_all": True, "append_images": frames, "duration": 50}
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[0x0112] = 6
    yield encoded(picture, "JPEG", exif=exif, icc_profile=profile)
    yield encoded(picture, "JPEG", progressive=True, subsampling=2)
    yield encoded(picture, "JPEG", restart_marker_blocks=2, optimize=True)
    yield encoded(picture.convert("L"), "JPEG")
    yield encoded(picture.convert("CMYK"), "JPEG")
    yield encoded(picture, "PNG", icc_profile=profile, exif=exif)
    yield encoded(clear, "PNG")
    yield encoded(picture.convert("P", palette=Image.Palette.ADAPTIVE), "PNG", transparency=3)
    yield encoded(picture.convert("1"), "PNG")
    yield encoded(Image.linear_gradient("L").resize(SIZE).convert("I;16"), "PNG")
    yield encoded(picture, "PNG", **several)
    yield encoded(picture, "WEBP", exif=exif, icc_profile=profile)
    yield encoded(picture, "WEBP", lossless=True)
    yield encoded(clear, "WEBP")
    yield encoded(picture, "WEBP", **several)
    yield encoded(picture, "GIF")
    yield encoded(picture, "GIF", **several)
    yield encoded(picture, "AVIF", exif=exif, icc_profile=profile)
    yield encoded(clear, "AVIF")
    yield encoded(picture, "AVIF", **several)

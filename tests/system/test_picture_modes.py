"""Pixel formats of pictures: modes, transparency, profiles; and that no metadata is stored."""

import struct

import pytest
from PIL import Image, ImageChops, ImageCms, ImageDraw, PngImagePlugin

from files.decoding.parent import Decoders
from tests.support.pictures import BLUE, alike, corners, encoded, looks_like, opened, quarters
from tests.support.rendering import high, render


def _greys(mode: str, steps: tuple[int, ...]) -> Image.Image:
    drawn = Image.new(mode, (400, 400))
    for place, grey in zip(((0, 0), (200, 0), (0, 200), (200, 200)), steps, strict=True):
        drawn.paste(grey, (*place, place[0] + 200, place[1] + 200))
    return drawn


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_png_mode_keeps_its_look(decoders: Decoders, mode: str) -> None:
    steps = (0, 0, 255, 255) if mode == "1" else (0, 80, 170, 255)
    deep = mode == "I;16"
    drawn = _greys(mode, tuple(grey * 257 for grey in steps)) if deep else _greys("L", steps).convert(mode)
    picture = high(decoders, encoded(drawn))
    assert looks_like(picture, tuple((grey,) * 3 for grey in steps)), corners(picture)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF", "GIF"])
def test_what_is_transparent_stays_so_or_becomes_white(decoders: Decoders, kind: str) -> None:
    drawn = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
    ImageDraw.Draw(drawn).rectangle((100, 0, 199, 199), fill=(*BLUE, 255))
    data = encoded(drawn, kind)
    clear = high(decoders, data)
    assert clear.mode == "RGBA"
    assert clear.getchannel("A").getextrema() == (0, 255)
    assert clear.getchannel("A").getpixel((50, 50)) == 0
    on_white = high(decoders, data, opaque=True)
    assert on_white.mode == "RGB"
    assert looks_like(on_white, ((255,) * 3, BLUE, (255,) * 3, BLUE), tolerance=16), corners(on_white)


def test_a_palette_and_a_key_colour_may_be_transparent(decoders: Decoders) -> None:
    for mode, key in (("P", 0), ("L", 0), ("RGB", (0, 0, 0))):
        data = encoded(Image.new(mode, (50, 50)), transparency=key)
        assert high(decoders, data).getchannel("A").getextrema() == (0, 0), mode
        assert looks_like(high(decoders, data, opaque=True), ((255,) * 3,) * 4), mode


def test_an_alpha_channel_that_hides_nothing_is_dropped(decoders: Decoders) -> None:
    assert high(decoders, encoded(quarters().convert("RGBA"))).mode == "RGB"


def test_half_transparent_edges_do_not_bleed(decoders: Decoders) -> None:
    """Colours under full transparency must not be mixed in by scaling."""
    drawn = Image.new("RGBA", (4000, 400), (255, 0, 0, 0))
    ImageDraw.Draw(drawn).rectangle((1999, 0, 3999, 399), fill=(0, 0, 255, 255))
    picture = high(decoders, encoded(drawn, compress_level=1), opaque=True)
    red, green, blue = picture.crop((990, 90, 1010, 110)).convert("RGB").split()
    assert ImageChops.difference(red, green).histogram()[25:] == [0] * 231
    assert blue.histogram()[:190] == [0] * 190


def test_cmyk_becomes_rgb(decoders: Decoders) -> None:
    picture = high(decoders, encoded(quarters().convert("CMYK"), "JPEG", quality=95))
    assert picture.mode == "RGB"
    assert looks_like(picture), corners(picture)


@pytest.mark.parametrize(
    "options", [{"progressive": True}, {"subsampling": 0}, {"subsampling": 2, "quality": 60}]
)
def test_jpegs_of_every_build(decoders: Decoders, options: dict[str, int]) -> None:
    assert looks_like(high(decoders, encoded(quarters(), "JPEG", **options)), tolerance=25)
    grey = high(decoders, encoded(quarters().convert("L"), "JPEG", **options))
    assert alike(corners(grey)[0], (quarters().convert("L").getpixel((10, 10)),) * 3)  # type: ignore[arg-type]


def _profile(swapped: bool) -> bytes:
    """Return an RGB profile; ``swapped`` exchanges red and green, so that its use is visible."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    if swapped:
        tags = {
            bytes(data[at : at + 4]): at
            for at in range(132, 132 + 12 * struct.unpack(">I", data[128:132])[0], 12)
        }
        red, green = tags[b"rXYZ"], tags[b"gXYZ"]
        data[red + 4 : red + 12], data[green + 4 : green + 12] = (
            data[green + 4 : green + 12],
            data[red + 4 : red + 12],
        )
    return bytes(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_colours_are_what_the_profile_means(decoders: Decoders, kind: str) -> None:
    drawn = Image.new("RGB", (200, 200), (200, 0, 0))
    plain = high(decoders, encoded(drawn, kind, icc_profile=_profile(swapped=False)))
    swapped = high(decoders, encoded(drawn, kind, icc_profile=_profile(swapped=True)))
    assert alike(corners(plain)[0], (200, 0, 0), tolerance=16), corners(plain)
    assert alike(corners(swapped)[0], (0, 200, 0), tolerance=16), corners(swapped)


def test_a_profile_of_a_transparent_picture_is_heeded_too(decoders: Decoders) -> None:
    drawn = Image.new("RGBA", (100, 100), (200, 0, 0, 128))
    picture = high(decoders, encoded(drawn, icc_profile=_profile(swapped=True)))
    pixel = picture.getpixel((50, 50))
    assert isinstance(pixel, tuple)
    assert alike(pixel, (0, 200, 0, 128), tolerance=16), pixel


def _of_no_space() -> bytes:
    """Return a profile whose colour space is not even ASCII."""
    return _profile(swapped=True)[:16] + b"RGB\xff" + _profile(swapped=True)[20:]


@pytest.mark.parametrize(
    "profile", [b"nonsense", b"\0" * 128, _profile(swapped=False)[:200], _of_no_space()], ids=range(4)
)
def test_a_broken_or_foreign_profile_is_ignored(decoders: Decoders, profile: bytes) -> None:
    assert looks_like(high(decoders, encoded(quarters(), "JPEG", icc_profile=profile)))
    grey = encoded(quarters().convert("L"), "JPEG", icc_profile=_profile(swapped=True))
    assert high(decoders, grey).size == (600, 400)


CANARY = b"a-secret-place-in-the-metadata"


def test_nothing_but_pixels_is_stored(decoders: Decoders) -> None:
    exif = Image.Exif()
    exif[0x010E] = CANARY.decode()
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", CANARY.decode())
    text.add_itxt("XML:com.adobe.xmp", f"<x:xmpmeta>{CANARY.decode()}</x:xmpmeta>")
    profile = _profile(swapped=False)
    pictures = [
        encoded(quarters(), "JPEG", exif=exif, comment=CANARY, icc_profile=profile) + CANARY,
        encoded(quarters(), "PNG", exif=exif, pnginfo=text, icc_profile=profile) + CANARY,
        encoded(quarters(), "WEBP", exif=exif, xmp=CANARY, icc_profile=profile),
        encoded(quarters(), "AVIF", exif=exif, xmp=CANARY, icc_profile=profile),
        encoded(quarters(), "GIF", comment=CANARY),
    ]
    for data in pictures:
        assert CANARY in data
        for stored in render(decoders, data).files.values():
            assert CANARY not in stored
            assert not {"exif", "icc_profile", "xmp", "comment"} & set(opened(stored).info)
            assert all(chunk not in stored for chunk in (b"EXIF", b"ICCP", b"XMP "))

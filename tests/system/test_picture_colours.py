"""Colours are kept: profiles, CMYK and deep pixels, compared with known values."""

import struct
import zlib

import pytest
from PIL import Image, ImageCms

from files.decoding.limits import Limits
from files.decoding.parent import Decoders
from files.rules.formats import format_of
from tests.support.pictures import Colour, alike, corners, encoded, opened
from tests.support.rendering import high

# The published primaries of each space, adapted to the profiles' white (D50), in XYZ.
COLORANTS = {
    "Adobe RGB": ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)),
    "Display P3": ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407)),
}
ADOBE_GAMMA = 563 / 256

KNOWN: list[tuple[str, Colour, Colour]] = [
    ("Display P3", (234, 51, 35), (255, 0, 0)),
    ("Display P3", (117, 251, 76), (0, 255, 0)),
    ("Display P3", (0, 0, 245), (0, 0, 255)),
    ("Display P3", (128, 128, 128), (128, 128, 128)),
    ("Adobe RGB", (219, 0, 0), (255, 0, 0)),
    ("Adobe RGB", (144, 255, 60), (0, 255, 0)),
    ("Adobe RGB", (0, 0, 251), (0, 0, 255)),
    ("Adobe RGB", (128, 128, 128), (128, 128, 128)),
]
"""A colour in its space, and the same one in sRGB."""


def profile(space: str) -> bytes:
    """Return an ICC profile of a space: the one of sRGB with other primaries, and another curve for Adobe RGB."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    (count,) = struct.unpack_from(">I", data, 128)
    places = {
        bytes(data[at : at + 4]): struct.unpack_from(">I", data, at + 4)[0]
        for at in range(132, 132 + 12 * count, 12)
    }
    for tag, xyz in zip((b"rXYZ", b"gXYZ", b"bXYZ"), COLORANTS[space], strict=True):
        struct.pack_into(">3i", data, places[tag] + 8, *(round(value * 65536) for value in xyz))
    if space == "Adobe RGB":
        for tag in (b"rTRC", b"gTRC", b"bTRC"):
            struct.pack_into(">4sIHHi", data, places[tag], b"para", 0, 0, 0, round(ADOBE_GAMMA * 65536))
    return bytes(data)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {"quality": 98, "subsampling": 0}),
        ("PNG", {}),
        ("WEBP", {"lossless": True}),
        ("AVIF", {"quality": 98, "subsampling": "4:4:4"}),
    ],
)
@pytest.mark.parametrize(("space", "given", "expected"), KNOWN)
def test_wide_colours_become_the_same_in_srgb(
    decoders: Decoders, kind: str, options: dict[str, object], space: str, given: Colour, expected: Colour
) -> None:
    data = encoded(Image.new("RGB", (64, 64), given[:3]), kind, icc_profile=profile(space), **options)
    found = corners(high(decoders, data))[0]
    assert alike(found, expected, tolerance=6), found


def test_without_its_profile_the_same_picture_has_other_colours(decoders: Decoders) -> None:
    found = corners(high(decoders, encoded(Image.new("RGB", (64, 64), (144, 255, 60)))))[0]
    assert alike(found, (144, 255, 60), tolerance=6), found


@pytest.mark.parametrize(
    ("ink", "expected"),
    [
        ((0, 0, 0, 0), (255, 255, 255)),
        ((0, 0, 0, 255), (0, 0, 0)),
        ((0, 255, 255, 0), (255, 0, 0)),
        ((128, 0, 0, 0), (127, 255, 255)),
    ],
)
@pytest.mark.parametrize("adobe", [True, False])
def test_printing_colours_as_adobe_writes_them_and_as_others_do(
    decoders: Decoders, ink: tuple[int, int, int, int], expected: Colour, adobe: bool
) -> None:
    """Adobe writes CMYK inverted, with a marker; without the marker it is not inverted."""
    picture = Image.new("CMYK", (64, 64), ink if adobe else tuple(255 - value for value in ink))
    data = encoded(picture, "JPEG", quality=98)
    marker = data.index(b"\xff\xeeXX".replace(b"XX", b"\x00\x0e"))
    if not adobe:
        data = data[:marker] + data[marker + 16 :]
    assert (b"Adobe" in data) is adobe
    found = corners(high(decoders, data))[0]
    assert alike(found, expected, tolerance=8), found


def _deep_png(colour: tuple[int, ...], kind: int) -> bytes:
    """Return a PNG of 16 bits a channel; ``kind`` is its colour type: 0 grey, 2 RGB, 4 and 6 with alpha."""
    side = 40
    rows = (b"\0" + struct.pack(f">{len(colour)}H", *colour) * side) * side

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    header = struct.pack(">IIBBBBB", side, side, 16, kind, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("colour", "kind", "expected"),
    [
        ((0x8000,), 0, (128, 128, 128)),
        ((0x1234,), 0, (0x12, 0x12, 0x12)),
        ((0xFFFF, 0x8080, 0x0000), 2, (255, 128, 0)),
        ((0x4000, 0x8000), 4, (159, 159, 159)),
        ((0xFFFF, 0x0000, 0x0000, 0x8000), 6, (255, 127, 127)),
    ],
)
def test_sixteen_bits_a_channel_become_eight(
    decoders: Decoders, colour: tuple[int, ...], kind: int, expected: Colour
) -> None:
    found = corners(high(decoders, _deep_png(colour, kind), opaque=True))[0]
    assert alike(found, expected, tolerance=5), found


def test_palettes_with_transparent_entries(decoders: Decoders) -> None:
    picture = Image.new("P", (80, 40), 0)
    picture.putpalette([10, 20, 200, 250, 0, 0])
    picture.paste(1, (40, 0, 80, 40))
    data = encoded(picture, "PNG", transparency=1)
    media, cover = high(decoders, data), high(decoders, data, opaque=True)
    assert (media.mode, cover.mode) == ("RGBA", "RGB")
    assert media.getpixel((70, 20))[3] == 0  # type: ignore[index]
    assert alike(corners(cover)[1], (255, 255, 255), tolerance=4)
    assert alike(corners(cover)[0], (10, 20, 200), tolerance=8)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_animations_of_more_than_a_thousand_frames_are_refused(kind: str) -> None:
    frames = [Image.new("L", (4, 4), 255 * (index % 2)) for index in range(31)]
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=20)
    few, many = Decoders(Limits(pixels=1000, frames=30)), Decoders(Limits(pixels=1000, frames=31))
    with many.decoding(data, format_of(data)) as decoding:
        assert decoding.size == (4, 4)
    with pytest.raises(Exception, match="Invalid parameters") as refused, few.decoding(data, format_of(data)):
        pass
    assert refused.value.errors == {"image": "is an animation of more than 30 frames"}  # type: ignore[attr-defined]


def test_what_is_kept_shows_the_same_colours_again(decoders: Decoders) -> None:
    """A new crop of the kept original has the same colours: rotated, wide gamut, CMYK or transparent."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a secret"
    drawn = Image.new("RGB", (80, 40), (219, 0, 0))
    drawn.paste((30, 90, 160), (40, 0, 80, 40))
    clear = drawn.convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(drawn.size))
    wide = profile("Adobe RGB")
    sources = [
        encoded(drawn, "JPEG", exif=exif, icc_profile=wide, comment=b"a secret", quality=97) + b"a secret",
        encoded(drawn.convert("CMYK"), "JPEG", exif=exif, quality=97),
        encoded(clear, "PNG", exif=exif, icc_profile=wide),
        encoded(clear, "WEBP", exif=exif, icc_profile=wide, xmp=b"a secret"),
        encoded(clear, "AVIF", exif=exif, icc_profile=wide, xmp=b"a secret"),
        encoded(drawn, "GIF", comment=b"a secret"),
    ]
    for source in sources:
        with decoders.decoding(source, format_of(source)) as decoding:
            first = decoding.render((0, 0, *decoding.size), opaque=False)
        (original,) = (content for name, content in first.files.items() if name.startswith("original."))
        assert b"a secret" not in original
        with decoders.decoding(original, format_of(original)) as decoding:
            second = decoding.render((0, 0, *decoding.size), opaque=False)
        assert second.size == first.size
        assert second.phash == first.phash
        before, after = (opened(made.files["high.webp"]).convert("RGBA") for made in (first, second))
        for place in ((5, 5), (35, 35), (5, 35), (35, 5)):
            assert alike(before.getpixel(place), after.getpixel(place), tolerance=10), format_of(source)  # type: ignore[arg-type]

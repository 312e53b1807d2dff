"""Typical pictures through the decoding children: upright, cropped, in two sizes."""

import pytest
from PIL import Image

from files.decoding.parent import Decoders
from files.rules.formats import format_of
from tests.support.pictures import (
    BLUE,
    CORNERS,
    GREEN,
    RED,
    YELLOW,
    alike,
    corners,
    encoded,
    looks_like,
    opened,
    quarters,
)
from tests.support.rendering import high, render

ORIENTATION = 0x0112


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_every_kind_becomes_webp_in_two_sizes(decoders: Decoders, kind: str) -> None:
    rendition = render(decoders, encoded(quarters(3000, 1500), kind))
    assert rendition.size == (2000, 1000)
    for name, size in (("high.webp", (2000, 1000)), ("scaled.webp", (400, 200))):
        picture = opened(rendition.files[name])
        assert (picture.format, picture.mode, picture.size) == ("WEBP", "RGB", size)
        assert looks_like(picture), corners(picture)


@pytest.mark.parametrize(
    ("size", "expected", "scaled"),
    [
        ((300, 200), (300, 200), (300, 200)),
        ((400, 2000), (400, 2000), (80, 400)),
        ((1, 1), (1, 1), (1, 1)),
        ((1, 20000), (1, 2000), (1, 400)),
        ((401, 2001), (401, 2000), (80, 400)),
    ],
)
def test_sizes_are_reduced_in_proportion_and_never_enlarged(
    decoders: Decoders, size: tuple[int, int], expected: tuple[int, int], scaled: tuple[int, int]
) -> None:
    rendition = render(decoders, encoded(Image.new("RGB", size, RED)))
    assert opened(rendition.files["high.webp"]).size == rendition.size == expected
    assert opened(rendition.files["scaled.webp"]).size == scaled


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_ends_upright(decoders: Decoders, kind: str, orientation: int) -> None:
    """The picture is stored rotated, as by a camera held that way, and must come out upright."""
    undone = {6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270, 3: Image.Transpose.ROTATE_180}
    mirrored = {2: Image.Transpose.FLIP_LEFT_RIGHT, 4: Image.Transpose.FLIP_TOP_BOTTOM}
    mirrored |= {5: Image.Transpose.TRANSPOSE, 7: Image.Transpose.TRANSVERSE}
    turn = (undone | mirrored).get(orientation)
    stored = quarters(900, 300).transpose(turn) if turn is not None else quarters(900, 300)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    data = encoded(stored, kind, exif=exif)
    with decoders.decoding(data, format_of(data)) as decoding:
        assert decoding.size == (900, 300)
    picture = high(decoders, data)
    assert picture.size == (900, 300)
    assert looks_like(picture), corners(picture)
    red = high(decoders, data, (0, 0, 450, 150))
    assert (red.size, looks_like(red, (RED,) * 4)) == ((450, 150), True)


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_says_nothing_leaves_the_picture(decoders: Decoders, orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    assert looks_like(high(decoders, encoded(quarters(), "JPEG", exif=exif)))


@pytest.mark.parametrize(
    "exif", [b"Exif\x00\x00", b"Exif\x00\x00MM\x00*\xff\xff\xff\xff", b"Exif\x00\x00II*\x00junkjunk"]
)
def test_broken_exif_is_no_reason_to_refuse(decoders: Decoders, exif: bytes) -> None:
    assert looks_like(high(decoders, encoded(quarters(), "JPEG", exif=exif)))


@pytest.mark.parametrize(("kind", "side"), [("PNG", 400), ("JPEG", 400), ("JPEG", 4400)])
def test_a_crop_cuts_what_it_says_whatever_is_left_out_in_decoding(
    decoders: Decoders, kind: str, side: int
) -> None:
    """A large JPEG is decoded at a fraction of its size; the crop must select the same pixels."""
    data = encoded(quarters(side, side), kind, quality=95)
    half, quarter = side // 2, side // 4
    middle = high(decoders, data, (quarter, quarter, quarter + half, quarter + half))
    assert looks_like(middle)
    for place, colour in zip(((0, 0), (half, 0), (0, half), (half, half)), CORNERS, strict=True):
        cut = high(decoders, data, (*place, place[0] + half, place[1] + half))
        assert cut.size == (min(half, 2000),) * 2
        assert looks_like(cut, (colour,) * 4), corners(cut)
        edge = cut.convert("RGB").getpixel((cut.width // 2, cut.height - 2 if place[1] == 0 else 1))
        assert isinstance(edge, tuple)
        assert alike(edge, colour, tolerance=25)


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_crop_of_a_picture_decoded_at_half_its_size_means_the_same_pixels(
    decoders: Decoders, orientation: int
) -> None:
    """4400 of 4800 pixels become 2000: the JPEG is decoded at 2400. The meeting point of the quarters shows it."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    drawn = quarters(4800, 1000)
    data = encoded(
        drawn if orientation == 1 else drawn.transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif
    )
    cut = high(decoders, data, (400, 200, 4800, 1000)).convert("RGB")
    assert cut.size == (2000, 364)
    across, down = round(2000 * 2000 / 4400), round(300 * 364 / 800)
    near = {(-4, -4): RED, (4, -4): GREEN, (-4, 4): BLUE, (4, 4): YELLOW}
    for (right, below), colour in near.items():
        pixel = cut.getpixel((across + right, down + below))
        assert isinstance(pixel, tuple)
        assert alike(pixel, colour, tolerance=40), (right, below, pixel)


def test_a_crop_of_one_pixel_is_a_picture(decoders: Decoders) -> None:
    one = high(decoders, encoded(quarters()), (599, 399, 600, 400))
    assert (one.size, looks_like(one, (YELLOW,) * 4)) == ((1, 1), True)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_of_an_animation_the_first_frame_is_taken(decoders: Decoders, kind: str) -> None:
    frames = [Image.new("RGB", (80, 60), colour) for colour in (RED, GREEN, BLUE)]
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)
    picture = high(decoders, data)
    assert getattr(picture, "n_frames", 1) == 1
    assert looks_like(picture, (RED,) * 4)

"""Pictures as people have them, through the decoding children: upright, in sRGB, in two sizes, bare."""

import os
import signal
import struct
import threading
import time
import zlib
from contextlib import suppress

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageCms, ImageDraw, PngImagePlugin

from files.decoding.limits import Limits
from files.decoding.parent import Decoders, DecodingError
from files.picture import Picture
from files.rules.geometry import Box
from files.rules.kinds import kind_of
from shared.refusals import Refusal
from tests.moments import at_once
from tests.pictures import (
    BLUE,
    CORNERS,
    GREEN,
    RED,
    YELLOW,
    alike,
    corners,
    encoded,
    looks_like,
    noise,
    opened,
    quarters,
)

ORIENTATION = 0x0112
MEGAPIXELS = 24_000_000


@pytest.fixture(scope="module")
def decoders() -> Decoders:
    return Decoders(Limits(pixels=MEGAPIXELS))


def render(decoders: Decoders, data: bytes, box: Box | None = None, *, opaque: bool = False) -> Picture:
    with decoders.decoding(data, kind_of(data)) as decoding:
        return decoding.render(box or (0, 0, *decoding.size), opaque=opaque)


def high(decoders: Decoders, data: bytes, box: Box | None = None, *, opaque: bool = False) -> Image.Image:
    return opened(render(decoders, data, box, opaque=opaque).files["high.webp"])


def refusal(decoders: Decoders, data: bytes) -> str:
    with pytest.raises(Refusal) as refused:
        render(decoders, data)
    assert (refused.value.status, refused.value.text) == (400, "Invalid parameters")
    return refused.value.errors["image"]


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
    """The picture is laid down as a camera held that way would, and has to come back as it was."""
    undone = {6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270, 3: Image.Transpose.ROTATE_180}
    mirrored = {2: Image.Transpose.FLIP_LEFT_RIGHT, 4: Image.Transpose.FLIP_TOP_BOTTOM}
    mirrored |= {5: Image.Transpose.TRANSPOSE, 7: Image.Transpose.TRANSVERSE}
    turn = (undone | mirrored).get(orientation)
    stored = quarters(900, 300).transpose(turn) if turn is not None else quarters(900, 300)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    data = encoded(stored, kind, exif=exif)
    with decoders.decoding(data, kind_of(data)) as decoding:
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
    """A large JPEG is decoded at a fraction of its size; the crop has to mean the same pixels."""
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
    """4400 of 4800 pixels become 2000: the JPEG is decoded at 2400. Where the quarters meet tells the place."""
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
    """Colours under full transparency are nobody's business: shrinking must not mix them in."""
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
    """An RGB profile; ``swapped`` takes red for green, so that nobody can overlook whether it was heeded."""
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


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_of_an_animation_the_first_frame_is_taken(decoders: Decoders, kind: str) -> None:
    frames = [Image.new("RGB", (80, 60), colour) for colour in (RED, GREEN, BLUE)]
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)
    picture = high(decoders, data)
    assert getattr(picture, "n_frames", 1) == 1
    assert looks_like(picture, (RED,) * 4)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "GIF"])
@pytest.mark.parametrize("kept", [0.02, 0.5, 0.97])
def test_a_truncated_picture_is_refused(decoders: Decoders, kind: str, kept: float) -> None:
    data = encoded(noise(300, 200), kind)
    reason = refusal(decoders, data[: max(16, int(len(data) * kept))])
    assert reason.startswith(("cannot be decoded", f"begins like a {kind} picture but is none")), reason


def _png(width: int, height: int, *, depth: int = 8, rest: bytes = b"") -> bytes:
    """A PNG whose header promises a size; what follows is next to nothing."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    header = struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rest)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def _webp(width: int, height: int) -> bytes:
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    extended = b"VP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + size
    small = encoded(Image.new("RGB", (16, 16)), "WEBP")[12:]
    return b"RIFF" + struct.pack("<I", 4 + len(extended) + len(small)) + b"WEBP" + extended + small


BOMBS = {
    "png": _png(40_000, 40_000),
    "png just over": _png(6001, 4000),
    "png of 2^31": _png(2**31 - 1, 2**31 - 1),
    "jpeg": encoded(Image.new("L", (8000, 3001)), "JPEG"),
    "gif": b"GIF89a"
    + struct.pack("<HH", 60_000, 60_000)
    + b"\0\0\0,\0\0\0\0"
    + struct.pack("<HH", 60_000, 60_000)
    + b"\0\x02\0;",
    "webp": encoded(Image.new("L", (16_000, 1501)), "WEBP", method=0),
    "avif": encoded(Image.new("L", (6000, 4001)), "AVIF", speed=10),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_picture_of_too_many_pixels_is_refused_from_its_header(decoders: Decoders, name: str) -> None:
    decoders.check()
    began = time.monotonic()
    assert refusal(decoders, BOMBS[name]) == "has more than 24 megapixels"
    assert time.monotonic() - began < 1


def test_the_largest_picture_is_taken(decoders: Decoders) -> None:
    assert render(decoders, encoded(Image.new("RGB", (6000, 4000), RED), compress_level=1)).size == (
        2000,
        1333,
    )


@pytest.mark.parametrize(
    "data",
    [
        _png(3000, 3000),
        _png(3000, 3000, rest=b"\0" * 1000),
        _png(100, 100, depth=3),
        _png(0, 10),
        _webp(5000, 4000),
        _webp(16384, 16384),
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0\x00\x10JFIF",
        b"GIF89a\x10\x00\x10\x00\x00\x00\x00;",
        b"RIFF\x04\x00\x00\x00WEBP",
        b"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00miafavif",
        encoded(quarters(), "PNG").replace(b"IDAT", b"IDAX"),
    ],
    ids=range(12),
)
def test_a_lying_or_empty_picture_is_refused(decoders: Decoders, data: bytes) -> None:
    assert refusal(decoders, data)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["JPEG", "PNG", "WEBP", "GIF", "AVIF"]),
    st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=12),
)
def test_mutations_end_in_a_picture_or_a_refusal(
    decoders: Decoders, kind: str, changes: list[tuple[int, int]]
) -> None:
    data = bytearray(encoded(quarters(32, 24), kind))
    for place, value in changes:
        data[place % len(data)] = value
    with suppress(Refusal):
        rendition = render(decoders, bytes(data))
        assert opened(rendition.files["high.webp"]).size == rendition.size


def _children() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


def test_a_child_lives_as_long_as_its_picture(decoders: Decoders) -> None:
    data = encoded(quarters())
    render(decoders, data)
    before = _children()
    with decoders.decoding(data, "PNG") as decoding:
        during = _children()
        decoding.render((0, 0, 10, 10), opaque=False)
    assert len(during - before) == 1
    assert _children() == before


def test_a_picture_that_kills_its_child_is_refused_and_the_next_one_is_taken(decoders: Decoders) -> None:
    data = encoded(noise(2000, 2000))
    before = _children()
    with decoders.decoding(data, "PNG") as decoding:
        (child,) = _children() - before
        os.kill(child, signal.SIGKILL)
        with pytest.raises(Refusal) as refused:
            decoding.render((0, 0, 2000, 2000), opaque=False)
    assert refused.value.errors == {"image": "cannot be decoded within the limits of time and memory"}
    assert looks_like(high(decoders, encoded(quarters())))


@pytest.fixture(scope="module")
def heavy() -> bytes:
    """A picture that takes well over a second to decode."""
    drawn = noise(600, 400).resize((6000, 4000))
    drawn.putalpha(drawn.getchannel("R"))
    return encoded(drawn, "AVIF", speed=10, subsampling="4:4:4")


@pytest.mark.parametrize(
    "limits",
    [Limits(MEGAPIXELS, cpu_seconds=1), Limits(MEGAPIXELS, seconds=0.5)],
    ids=["processor time", "time on the wall"],
)
def test_a_picture_that_takes_too_long_is_refused(decoders: Decoders, limits: Limits, heavy: bytes) -> None:
    assert refusal(Decoders(limits), heavy) == "cannot be decoded within the limits of time and memory"
    assert looks_like(high(decoders, encoded(quarters())))


def test_the_fork_server_is_started_again_when_it_dies(decoders: Decoders) -> None:
    decoders.check()
    servers = [child for child in psutil.Process().children() if "forkserver" in " ".join(child.cmdline())]
    assert servers
    for server in servers:
        server.kill()
        while server.status() != psutil.STATUS_ZOMBIE:  # who reaps it is multiprocessing's business
            os.sched_yield()
    assert looks_like(high(decoders, encoded(quarters())))


def test_a_fault_of_ours_is_no_fault_of_the_picture(decoders: Decoders) -> None:
    with decoders.decoding(encoded(quarters()), "PNG") as decoding, pytest.raises(DecodingError):
        decoding.render((0, 0, 0, 0), opaque=False)


def test_many_threads_decode_at_once(decoders: Decoders) -> None:
    data = [encoded(Image.new("RGB", (60, 40), (index * 9, 0, 0))) for index in range(24)]
    pictures = at_once([lambda data=data: high(decoders, data) for data in data])  # type: ignore[misc]
    for index, picture in enumerate(pictures):
        assert alike(corners(picture)[0], (index * 9, 0, 0))
    assert not [
        thread
        for thread in threading.enumerate()
        if isinstance(thread, threading.Timer) and thread.is_alive()
    ]

"""Pictures that are refused: truncated, broken, lying or too large."""

import struct
import time
import zlib
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from files.decoding.parent import Decoders
from shared.refusals import Refusal
from tests.pictures import (
    RED,
    encoded,
    noise,
    opened,
    quarters,
)
from tests.rendering import refusal, render


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

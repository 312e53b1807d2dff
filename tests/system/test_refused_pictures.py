"""Pictures that are refused: truncated, broken, lying or too large."""

import struct
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from files.decoding.parent import Decoders
from shared.errors import Refusal
from tests.load.fuzzing.bombs import png, too_many_parts, too_many_pixels
from tests.support.decoding_cost import decoding_cost
from tests.support.pictures import RED, encoded, looks_like, noise, opened, quarters
from tests.support.processes import MIB
from tests.support.rendering import high, refusal, render

MOST = 20 * MIB
"""Memory that the refusal of a picture by its header may take, including the file."""


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "GIF"])
@pytest.mark.parametrize("kept", [0.02, 0.5, 0.97])
def test_a_truncated_picture_is_refused(decoders: Decoders, kind: str, kept: float) -> None:
    data = encoded(noise(300, 200), kind)
    reason = refusal(decoders, data[: max(16, int(len(data) * kept))])
    assert reason.startswith(("cannot be decoded", f"begins like a {kind} picture but is none")), reason


def _webp(width: int, height: int) -> bytes:
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    extended = b"VP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + size
    small = encoded(Image.new("RGB", (16, 16)), "WEBP")[12:]
    return b"RIFF" + struct.pack("<I", 4 + len(extended) + len(small)) + b"WEBP" + extended + small


@pytest.mark.parametrize("name", too_many_pixels())
def test_a_picture_of_too_many_pixels_is_refused_from_its_header(name: str) -> None:
    refused = decoding_cost(too_many_pixels()[name])
    assert refused.answer == "has more than 24 megapixels"
    assert refused.memory < MOST, f"{refused.memory / MIB:.1f} MiB"


PARTS = "has more than 1,000 parts before its pixels"
FRAMES = "is an animation of more than 1,000 frames"
INFLATED = "cannot be decoded: Decompressed data too large for PngImagePlugin.MAX_TEXT_CHUNK"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("png of 100,000 chunks", PARTS),
        ("png of 100,000 texts", PARTS),
        ("png with a text of 1 GiB", INFLATED),
        ("png with a profile of 1 GiB", INFLATED),
        ("jpeg of 10,000 segments", PARTS),
        ("jpeg of 10,000 fillings", PARTS),
        ("jpeg of 10,000 markers", PARTS),
        ("webp of 1,001 frames", FRAMES),
        ("gif of 1,001 frames", FRAMES),
        ("avif of nested boxes", "begins like a AVIF picture but is none"),
    ],
)
def test_a_picture_of_too_many_parts_is_refused_before_it_is_decoded(name: str, why: str) -> None:
    refused = decoding_cost(too_many_parts()[name])
    assert refused.answer == why
    assert refused.memory < MOST, f"{refused.memory / MIB:.1f} MiB"


def test_what_cameras_and_printers_write_before_the_pixels_is_not_too_much(decoders: Decoders) -> None:
    profile = bytes(64 * 1024 * 200)  # the file holds it in 200 segments
    assert looks_like(high(decoders, encoded(quarters(), "JPEG", icc_profile=profile)))


def test_the_largest_picture_is_taken(decoders: Decoders) -> None:
    assert render(decoders, encoded(Image.new("RGB", (6000, 4000), RED), compress_level=1)).size == (
        2000,
        1333,
    )


@pytest.mark.parametrize(
    "data",
    [
        png(3000, 3000),
        png(3000, 3000, rest=b"\0" * 1000),
        png(100, 100, depth=3),
        png(0, 10),
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

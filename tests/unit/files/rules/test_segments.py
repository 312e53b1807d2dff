"""Counting the segments before the pixels of PNGs and JPEGs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from files.rules.segments import segments_before_pixels
from tests.support.pictures import encoded, quarters

PNG, JPEG = encoded(quarters(40, 30), "PNG"), encoded(quarters(40, 30), "JPEG")


def test_parts_are_counted_up_to_the_pixels() -> None:
    assert segments_before_pixels(PNG, "PNG", 100) == 1
    chunk = b"\0\0\0\x01teSt" + b"x" * 5
    assert segments_before_pixels(PNG[:33] + chunk * 20 + PNG[33:], "PNG", 100) == 21
    few = segments_before_pixels(JPEG, "JPEG", 100)
    assert 4 <= few <= 10
    for part in (b"\xff\xfe\0\x04no", b"\xff", b"\xff\xd0", b"\xff\xf3"):
        assert segments_before_pixels(JPEG[:2] + part * 20 + JPEG[2:], "JPEG", 100) == few + 20


def test_counting_ends_at_the_most() -> None:
    assert segments_before_pixels(JPEG[:2] + b"\xff" * 1000 + JPEG[2:], "JPEG", 11) == 11


@pytest.mark.parametrize("kind", ["WEBP", "GIF", "AVIF"])
def test_other_kinds_are_not_counted(kind: str) -> None:
    assert segments_before_pixels(encoded(quarters(40, 30), kind), kind, 100) == 0  # type: ignore[arg-type]


@given(st.binary(max_size=300))
def test_anything_is_counted(rest: bytes) -> None:
    assert segments_before_pixels(PNG[:8] + rest, "PNG", 5) <= 5
    assert segments_before_pixels(JPEG[:2] + rest, "JPEG", 5) <= 5

"""Counting the frames of GIFs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from files.rules.frames import gif_frames
from tests.support.pictures import encoded, quarters


def _gif(frames: int) -> bytes:
    pictures = [Image.new("RGB", (8, 8), (index % 256, index // 256, 0)) for index in range(frames)]
    return encoded(pictures[0], "GIF", save_all=True, append_images=pictures[1:], duration=20)


@pytest.mark.parametrize("frames", [1, 2, 17, 300])
def test_frames_are_counted(frames: int) -> None:
    assert gif_frames(_gif(frames), 1000) == frames


def test_counting_ends_at_the_most() -> None:
    assert gif_frames(_gif(40), 11) == 11


def test_palettes_and_comments_are_no_frames() -> None:
    assert gif_frames(encoded(quarters(40, 30), "GIF", comment=b"," * 400), 1000) == 1


@given(st.integers(0, 400))
def test_a_gif_that_ends_early_has_no_more_frames(kept: int) -> None:
    assert gif_frames(_gif(3)[:kept], 1000) <= 3


@given(st.binary(max_size=200))
def test_anything_is_counted(rest: bytes) -> None:
    assert gif_frames(b"GIF89a" + rest, 5) <= 5

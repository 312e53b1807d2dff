"""Crops: within the picture, in whole pixels, and their position before the picture is rotated."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image, ImageOps
from pydantic import TypeAdapter, ValidationError

from files.decoding.pixels import _TURNS
from files.rules.crop import Crop, crop_box
from files.rules.geometry import Box, Size, box_before_turning, fitting, upright_size
from shared.errors import Refusal
from tests.support.pictures import quarters

CROP = TypeAdapter(Crop)
SIDES = st.integers(1, 5000)
SIZES = st.tuples(SIDES, SIDES)


def crop(left: float, top: float, width: float, height: float) -> Crop:
    return CROP.validate_python({"left": left, "top": top, "width": width, "height": height})


@st.composite
def boxes(draw: st.DrawFn, size: Size) -> Box:
    left, top = draw(st.integers(0, size[0] - 1)), draw(st.integers(0, size[1] - 1))
    return left, top, draw(st.integers(left + 1, size[0])), draw(st.integers(top + 1, size[1]))


@given(st.data(), SIZES)
def test_a_crop_in_whole_pixels_is_taken_as_it_is(data: st.DataObject, size: Size) -> None:
    left, top, right, bottom = box = data.draw(boxes(size))
    assert crop_box(crop(left, top, right - left, bottom - top), size) == box


@given(SIZES)
def test_no_crop_is_all_of_it(size: Size) -> None:
    assert crop_box(None, size) == (0, 0, *size)
    assert crop_box(crop(0, 0, *size), size) == (0, 0, *size)


NUMBERS = st.floats(-100, 6000, allow_nan=False)


@given(NUMBERS, NUMBERS, NUMBERS, NUMBERS, SIZES)
def test_a_crop_never_leaves_the_picture(
    left: float, top: float, width: float, height: float, size: Size
) -> None:
    try:
        box = crop_box(crop(left, top, width, height), size)
    except (Refusal, ValidationError):
        return
    assert 0 <= box[0] < box[2] <= size[0]
    assert 0 <= box[1] < box[3] <= size[1]
    assert max(abs(box[0] - left), abs(box[3] - top - height)) <= 0.51


@given(
    st.integers(10, 5000),
    st.floats(0.02, 100, allow_nan=False),
    st.sampled_from(["left", "top", "width", "height"]),
)
def test_a_crop_that_reaches_outside_is_refused(side: int, beyond: float, which: str) -> None:
    parts = {"left": 5.0, "top": 5.0, "width": side - 5.0, "height": side - 5.0}
    parts[which] += beyond
    with pytest.raises(Refusal) as refused:
        crop_box(crop(**parts), (side, side))
    assert refused.value.errors == {"crop": f"must lie within the picture, which is {side} x {side} pixels"}


@pytest.mark.parametrize("which", ["left", "top", "width", "height"])
@pytest.mark.parametrize(
    "wrong", [-1, -0.01, math.nan, math.inf, "NaN", "x", None, True, [], {}, "1e3", 10**400]
)
def test_a_crop_needs_four_finite_numbers(which: str, wrong: object) -> None:
    with pytest.raises(ValidationError):
        CROP.validate_python({"left": 1, "top": 1, "width": 5, "height": 5} | {which: wrong})


@pytest.mark.parametrize("which", ["width", "height"])
def test_a_crop_of_nothing_is_refused(which: str) -> None:
    with pytest.raises(ValidationError):
        CROP.validate_python({"left": 1, "top": 1, "width": 5, "height": 5} | {which: 0})


def test_a_crop_between_two_pixels_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        crop_box(crop(10.1, 10, 0.3, 5), (100, 100))
    assert refused.value.errors == {"crop": "must hold at least one pixel"}


def test_fractions_of_a_front_end_may_add_up_to_a_little_too_much() -> None:
    assert crop_box(crop(33.3, 0, 66.7 + 1e-9, 100), (100, 100)) == (33, 0, 100, 100)


@given(st.data(), st.tuples(st.integers(1, 40), st.integers(1, 40)), st.integers(1, 8))
def test_cutting_before_turning_is_cutting_after_it(
    data: st.DataObject, size: Size, orientation: int
) -> None:
    """Compared with Pillow: rotate the whole picture, then crop."""
    stored = quarters(*size)
    upright = stored.transpose(_TURNS[orientation]) if orientation > 1 else stored
    assert upright.size == upright_size(size, orientation)
    box = data.draw(boxes(upright.size))
    cut = stored.crop(box_before_turning(box, size, orientation))
    cut = cut.transpose(_TURNS[orientation]) if orientation > 1 else cut
    assert cut.tobytes() == upright.crop(box).tobytes()


@given(SIZES, st.integers(1, 2000))
def test_fitting_keeps_proportions_and_never_enlarges(size: Size, longest: int) -> None:
    width, height = fitting(size, longest)
    assert 1 <= width <= min(size[0], longest)
    assert 1 <= height <= min(size[1], longest)
    assume(min(width, height) > 1)
    assert width / height == pytest.approx(size[0] / size[1], rel=1 / min(width, height))
    assert max(width, height) == min(max(size), longest)


def test_pillow_turns_as_exif_says() -> None:
    """The table of rotations, compared with Pillow's reading of the tag."""
    for orientation, turn in _TURNS.items():
        picture = quarters(6, 4)
        picture.getexif()[0x0112] = orientation
        assert ImageOps.exif_transpose(picture).tobytes() == picture.transpose(turn).tobytes()
    assert Image.Transpose.ROTATE_180 in _TURNS.values()

"""Perceptual hashes: of one picture in different formats, and of other pictures."""

from itertools import combinations
from random import Random

import pytest
from PIL import Image, ImageDraw

from deploy.demo import books
from deploy.demo.covers.front import front
from files.rules.perceptual_hash import SIDE, distance, perceptual_hash
from tests.support.pictures import encoded, opened

SAME = 6
"""Bits by which equal pictures may differ."""


@pytest.fixture(scope="module")
def covers() -> list[Image.Image]:
    return [front(volume) for volume in Random(3).sample(books.volumes(), 12)]


def hashed(picture: Image.Image) -> str:
    square = picture.convert("RGB").convert("L").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    return perceptual_hash(square.tobytes())


@pytest.mark.parametrize(
    "options",
    [
        ("JPEG", {"quality": 30}),
        ("WEBP", {"quality": 20}),
        ("AVIF", {"quality": 30, "speed": 10}),
        ("GIF", {}),
    ],
)
def test_saving_again_leaves_the_hash(covers: list[Image.Image], options: tuple[str, dict[str, int]]) -> None:
    kind, how = options
    for cover in covers:
        assert distance(hashed(cover), hashed(opened(encoded(cover, kind, **how)))) <= SAME


@pytest.mark.parametrize("scale", [0.1, 0.5, 2.3])
def test_resizing_leaves_the_hash(covers: list[Image.Image], scale: float) -> None:
    for cover in covers:
        size = round(cover.width * scale), round(cover.height * scale)
        assert distance(hashed(cover), hashed(cover.resize(size, Image.Resampling.BICUBIC))) <= SAME


def test_other_pictures_have_other_hashes(covers: list[Image.Image]) -> None:
    for one, other in combinations(map(hashed, covers), 2):
        assert distance(one, other) > 2 * SAME


def test_a_turned_picture_is_another(covers: list[Image.Image]) -> None:
    turned = hashed(covers[0].transpose(Image.Transpose.ROTATE_180))
    assert distance(hashed(covers[0]), turned) > 2 * SAME


def test_pictures_of_one_colour_hash_to_zeros() -> None:
    assert {hashed(Image.new("L", (90, 40), grey)) for grey in (0, 1, 127, 200, 255)} == {"0" * 16}


def test_a_line_is_enough_structure() -> None:
    drawn = Image.new("L", (300, 300), 255)
    ImageDraw.Draw(drawn).line((0, 0, 300, 150), fill=0, width=12)
    assert hashed(drawn).count("0") < 12

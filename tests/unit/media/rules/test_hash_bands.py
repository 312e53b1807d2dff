"""Near hashes are found by their quarters, none within the bound is missed, and different pictures differ."""

import random

from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from files.rules.perceptual_hash import SIDE, distance, perceptual_hash
from media.rules.hash_bands import FARTHEST, near_bands, shift_of, stored_hash

HASHES = st.integers(1, 2**64 - 1)


def _found(wanted: int, other: int) -> bool:
    """Return whether the indexes lead from one stored hash to the other."""
    return any((other >> shift_of(band)) & 0xFFFF in near for band, near in enumerate(near_bands(wanted)))


def _stored(hash_: int) -> int:
    stored = stored_hash(f"{hash_:016x}")
    assert stored is not None
    return stored


@given(HASHES, st.sets(st.integers(0, 63), max_size=FARTHEST))
def test_every_hash_within_the_bound_is_found(hash_: int, flipped: set[int]) -> None:
    other = hash_ ^ sum(1 << bit for bit in flipped)
    if other:
        assert _found(_stored(hash_), _stored(other))


def test_beyond_the_bound_a_hash_may_be_missed() -> None:
    two_bits_a_band = 0x0003_0003_0003_0003
    assert not _found(_stored(0xFFFF_FFFF_FFFF_FFFF), _stored(0xFFFF_FFFF_FFFF_FFFF ^ two_bits_a_band))


@given(HASHES)
def test_a_hash_is_stored_in_64_signed_bits(hash_: int) -> None:
    assert -(2**63) <= _stored(hash_) < 2**63
    assert _stored(hash_) % 2**64 == hash_


def test_a_picture_without_structure_has_no_hash() -> None:
    assert stored_hash("0" * 16) is None


def _hash(picture: Image.Image) -> str:
    return perceptual_hash(picture.convert("L").resize((SIDE, SIDE), Image.Resampling.LANCZOS).tobytes())


def _drawn(seed: int) -> Image.Image:
    """Return a picture with large and small structure, another for each seed."""
    chance = random.Random(seed)
    coarse = Image.frombytes("L", (12, 17), bytes(chance.randrange(256) for _ in range(12 * 17)))
    return coarse.resize((480, 680), Image.Resampling.BICUBIC)


def test_copies_are_within_the_bound_and_other_pictures_far_beyond() -> None:
    hashes = [_hash(_drawn(seed)) for seed in range(60)]
    for seed, hash_ in enumerate(hashes):
        picture = _drawn(seed)
        for copy in (
            picture.resize((120, 170), Image.Resampling.BILINEAR),
            picture.resize((333, 471), Image.Resampling.BOX),
            picture.filter(ImageFilter.GaussianBlur(2)),
            picture.point(lambda value: value * 0.9 + 10),
        ):
            assert distance(hash_, _hash(copy)) <= FARTHEST
    apart = [distance(one, other) for at, one in enumerate(hashes) for other in hashes[:at]]
    assert min(apart) > FARTHEST

"""When two pictures of the library are the same one: by the perceptual hashes that file nodes measure.

A hash has 64 bits, of which re-encoding and resizing change a few, and another picture about half. By chance alone
two hashes are within ``FARTHEST`` once in 25 thousand million pairs.

Near hashes are found by quarters ("bands") of 16 bits: where two hashes differ in at most 7 bits, one of their four
quarters differs in at most one. So 4 x 17 values in four indexes find all that are within the bound, and none is
missed; in a library of a million pictures about a thousand rows are looked at.
"""

FARTHEST = 7
"""In how many bits the hashes of what counts as the same picture may differ."""

_BANDS = 4
_BITS = 16
_ONE_BAND = (1 << _BITS) - 1
_SIGN = 1 << 63


def stored_hash(hex_digits: str) -> int | None:
    """Return a perceptual hash as a ``bigint`` holds it; None for that of a picture without any structure."""
    hash_ = int(hex_digits, 16)
    if hash_ == 0:
        return None
    return hash_ - (1 << 64) if hash_ & _SIGN else hash_


def shift_of(band: int) -> int:
    """Return by how many bits a hash is to be shifted so that its ``band`` (0 to 3) comes last."""
    return _BITS * (_BANDS - 1 - band)


def near_bands(hash_: int) -> list[list[int]]:
    """Return, for each of the four bands of a stored hash, the values that differ from it in at most one bit."""
    bands = [(hash_ >> shift_of(band)) & _ONE_BAND for band in range(_BANDS)]
    return [[value, *(value ^ (1 << bit) for bit in range(_BITS))] for value in bands]

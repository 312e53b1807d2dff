"""Search for similar pictures by the bands of their perceptual hashes.

File nodes compute a hash of 64 bits. Re-encoding or resizing a picture changes a few bits; a different
picture has about half of them different. Two random hashes are within ``FARTHEST`` bits in one of 25 thousand
million pairs.

The search uses four bands of 16 bits. If two hashes differ in at most 7 bits, at least one of the four bands
differs in at most 1 bit. Looking up 4 x 17 values in four indexes therefore finds every hash within the
bound. In a library of a million pictures it reads about a thousand rows.
"""

FARTHEST = 7
"""Maximum number of different bits between the hashes of similar pictures."""

_BANDS = 4
_BITS = 16
_ONE_BAND = (1 << _BITS) - 1
_SIGN = 1 << 63


def stored_hash(hex_digits: str) -> int | None:
    """Return a perceptual hash (16 hex digits) as a signed ``bigint``, or None for the hash zero.

    A picture without structure has the hash zero.
    """
    hash_ = int(hex_digits, 16)
    if hash_ == 0:
        return None
    return hash_ - (1 << 64) if hash_ & _SIGN else hash_


def shift_of(band: int) -> int:
    """Return the right shift that moves ``band`` (0 to 3) of a hash to the lowest bits."""
    return _BITS * (_BANDS - 1 - band)


def near_bands(hash_: int) -> list[list[int]]:
    """Return the values within one bit of each of the four bands of a stored hash."""
    bands = [(hash_ >> shift_of(band)) & _ONE_BAND for band in range(_BANDS)]
    return [[value, *(value ^ (1 << bit) for bit in range(_BITS))] for value in bands]

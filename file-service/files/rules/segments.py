"""How much stands before the pixels of a PNG or JPEG: counted here, as Pillow takes 20 µs for each part."""

from files.rules.formats import PictureFormat

_MARK, _SCAN = 0xFF, 0xDA
_ALONE = frozenset({0x00, 0xC8, *range(0xD0, 0xDA), *range(0xF0, 0xFE)})
"""Markers of a JPEG that Pillow takes for whole segments."""


def segments_before_pixels(data: bytes, kind: PictureFormat, most: int) -> int:
    """Return how many chunks or segments stand before the pixels, and no more than ``most``; 0 for other kinds."""
    if kind == "PNG":
        return _chunks(data, most)
    return _segments(data, most) if kind == "JPEG" else 0


def _chunks(data: bytes, most: int) -> int:
    at, parts = 8, 0
    while parts < most and at + 8 <= len(data) and data[at + 4 : at + 8] != b"IDAT":
        parts += 1
        at += 12 + int.from_bytes(data[at : at + 4])
    return parts


def _segments(data: bytes, most: int) -> int:
    at, parts = 2, 0
    while parts < most and at + 4 <= len(data) and data[at] == _MARK and data[at + 1] != _SCAN:
        parts += 1
        marker = data[at + 1]
        if marker == _MARK:  # it fills
            at += 1
        else:
            at += 2 if marker in _ALONE else 2 + int.from_bytes(data[at + 2 : at + 4])
    return parts

"""Count of PNG chunks or JPEG segments before the pixel data. Pillow takes 20 µs for each of them."""

from files.rules.formats import PictureFormat

_MARK, _SCAN = 0xFF, 0xDA
_ALONE = frozenset({0x00, 0xC8, *range(0xD0, 0xDA), *range(0xF0, 0xFE)})
"""JPEG markers without a length field, as Pillow parses them."""


def segments_before_pixels(data: bytes, kind: PictureFormat, most: int) -> int:
    """Return the number of chunks or segments before the pixels, at most ``most``; 0 for other formats."""
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
        if marker == _MARK:  # a fill byte
            at += 1
        else:
            at += 2 if marker in _ALONE else 2 + int.from_bytes(data[at + 2 : at + 4])
    return parts

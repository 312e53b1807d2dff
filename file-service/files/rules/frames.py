"""Frame count of a GIF from its block structure, without decoding."""

_PALETTE_FOLLOWS = 0x80
_IMAGE, _EXTENSION = 0x2C, 0x21


def gif_frames(data: bytes, most: int) -> int:
    """Return the number of frames of a GIF, at most ``most``.

    A truncated file counts the frames it contains.
    """
    at = 13 + _palette(data[10]) if len(data) > 13 else len(data)
    frames = 0
    while at < len(data) and frames < most:
        if data[at] == _IMAGE and at + 9 < len(data):
            frames += 1
            at = _after_blocks(data, at + 11 + _palette(data[at + 9]))
        elif data[at] == _EXTENSION:
            at = _after_blocks(data, at + 2)
        else:
            break
    return frames


def _palette(flags: int) -> int:
    """Return the size in bytes of the palette that ``flags`` announce."""
    return 3 << 1 + (flags & 7) if flags & _PALETTE_FOLLOWS else 0


def _after_blocks(data: bytes, at: int) -> int:
    while at < len(data) and data[at]:
        at += 1 + data[at]
    return at + 1

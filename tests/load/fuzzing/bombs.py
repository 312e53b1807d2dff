"""Pictures that are small files but large in memory or slow to read."""

import struct
import zlib
from functools import cache

from PIL import Image

from tests.support.pictures import encoded, quarters

_GIB = 1 << 30
_FRAMES = 1001
"""One frame more than an animation may have."""


def png(width: int, height: int, *, depth: int = 8, rest: bytes = b"", between: bytes = b"") -> bytes:
    """Return a PNG with a declared size, then the chunks ``between``, and almost no pixel data."""
    header = struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)
    parts = _chunk(b"IHDR", header) + between + _chunk(b"IDAT", zlib.compress(rest)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


@cache
def too_many_pixels() -> dict[str, bytes]:
    """Return pictures of more than 24 megapixels, by name."""
    size = struct.pack("<HH", 60_000, 60_000)
    return {
        "png": png(40_000, 40_000),
        "png just over": png(6001, 4000),
        "png of 2^31": png(2**31 - 1, 2**31 - 1),
        "jpeg": encoded(Image.new("L", (8000, 3001)), "JPEG"),
        "gif": b"GIF89a" + size + b"\0\0\0,\0\0\0\0" + size + b"\0\x02\0;",
        "webp": encoded(Image.new("L", (16_000, 1501)), "WEBP", method=0),
        "avif": encoded(Image.new("L", (6000, 4001)), "AVIF", speed=10),
    }


@cache
def too_many_parts() -> dict[str, bytes]:
    """Return pictures of few pixels that exceed another limit, by name."""
    zeros = _deflated(_GIB)
    frames = [Image.new("L", (16, 16), 80 * (number % 3)) for number in range(_FRAMES)]
    jpeg = encoded(quarters(64, 48), "JPEG")
    return {
        "png of 100,000 chunks": _between(_chunk(b"teSt", b"x") * 100_000),
        "png of 100,000 texts": _between(_chunk(b"tEXt", b"Comment\0x") * 100_000),
        "png with a text of 1 GiB": _between(_chunk(b"zTXt", b"Comment\0\0" + zeros)),
        "png with a profile of 1 GiB": _between(_chunk(b"iCCP", b"sRGB\0\0" + zeros)),
        "jpeg of 10,000 segments": jpeg[:2] + b"\xff\xe1\0\x06Exif" * 10_000 + jpeg[2:],
        "jpeg of 10,000 fillings": jpeg[:2] + b"\xff" * 10_000 + jpeg[2:],
        "jpeg of 10,000 markers": jpeg[:2] + b"\xff\xf0" * 10_000 + jpeg[2:],
        "webp of 1,001 frames": encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:]),
        "gif of 1,001 frames": encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]),
        "avif of nested boxes": _nested(encoded(quarters(64, 48), "AVIF"), 50_000),
    }


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _between(chunks: bytes) -> bytes:
    """Return a valid PNG with ``chunks`` inserted after its header."""
    data = encoded(quarters(64, 48))
    return data[:33] + chunks + data[33:]


def _deflated(length: int) -> bytes:
    """Return compressed zeros without an end marker, which no reader should reach."""
    packer, zeros = zlib.compressobj(9), bytes(1 << 24)
    first = packer.compress(zeros) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(zeros) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + again * (length // len(zeros) - 1)


def _nested(avif: bytes, depth: int) -> bytes:
    """Return an AVIF whose first box after ``ftyp`` is nested in itself many times."""
    end = int.from_bytes(avif[:4])
    boxes = (struct.pack(">I4sI", 12 * left, b"meta", 0) for left in range(depth, 0, -1))
    return avif[:end] + b"".join(boxes) + avif[end:]

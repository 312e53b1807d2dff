"""Mutations of picture files: random ones, and ones that follow the file format."""

import re
import struct
import zlib
from collections.abc import Callable
from itertools import pairwise
from random import Random

from tests.load.fuzzing.seeds import seeds

_PNG = b"\x89PNG\r\n\x1a\n"
_NUMBERS = (
    0,
    1,
    2,
    0x7F,
    0x80,
    0xFF,
    0x100,
    0x7FFF,
    0x8000,
    0xFFFF,
    0x10000,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
)
_BOX = re.compile(rb"meta|iprp|ipco|ispe|iloc|iinf|infe|pitm|av1C|colr|pixi|irot|imir|auxC|mdat|ftyp|hdlr")
_LONGEST = 16 * 1024 * 1024
"""Bytes of a repeated picture at most: it must fit into a request."""

Parts = list[bytes]


def mutated(number: int) -> bytes:
    """Return the mutated picture of a number; the same number gives the same picture."""
    random = Random(number)
    data = random.choice(seeds())
    for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
        data = random.choice(_WAYS)(random, data)
    return data[:_LONGEST]


def _bytes_changed(random: Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(random.choice((1, 2, 4, 16))):
        if changed:
            changed[random.randrange(len(changed))] = random.randrange(256)
    return bytes(changed)


def _bit_flipped(random: Random, data: bytes) -> bytes:
    if not data:
        return data
    at = random.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :]


def _number_planted(random: Random, data: bytes) -> bytes:
    """Write a boundary number where lengths, sizes and counts are likely: near the beginning."""
    number = random.choice(_NUMBERS)
    form = random.choice((">H", "<H", ">I", "<I"))
    planted = struct.pack(form, number & (0xFFFF if form[1] == "H" else 0xFFFFFFFF))
    at = random.randrange(max(1, min(len(data), random.choice((64, 256, 1 << 20)))))
    return data[:at] + planted + data[at + len(planted) :]


def _cut_short(random: Random, data: bytes) -> bytes:
    return data[: random.randrange(len(data) + 1)]


def _part_removed(random: Random, data: bytes) -> bytes:
    at = random.randrange(len(data) + 1)
    return data[:at] + data[at + random.choice((1, 2, 4, 64, 500)) :]


def _part_repeated(random: Random, data: bytes) -> bytes:
    at, length = random.randrange(len(data) + 1), random.choice((1, 4, 64, 500))
    return data[:at] + data[at : at + length] * random.choice((2, 3, 50)) + data[at + length :]


def _noise_added(random: Random, data: bytes) -> bytes:
    at = random.randrange(len(data) + 1)
    return data[:at] + random.randbytes(random.choice((1, 4, 200))) + data[at:]


def _spliced(random: Random, data: bytes) -> bytes:
    """Replace the end of one picture by that of another, of any format."""
    other = random.choice(seeds())
    return data[: random.randrange(len(data) + 1)] + other[random.randrange(len(other)) :]


def _parts_shuffled(random: Random, data: bytes) -> bytes:
    """Drop, repeat, swap or change whole chunks, segments or boxes, and correct their checksums."""
    if data.startswith(_PNG):
        return _PNG + b"".join(map(_png_chunk, _rearranged(random, _png_parts(data))))
    if data.startswith(b"\xff\xd8"):
        return b"\xff\xd8" + b"".join(_rearranged(random, _jpeg_parts(data)))
    if data.startswith(b"RIFF"):
        body = b"WEBP" + b"".join(_rearranged(random, _webp_parts(data)))
        return b"RIFF" + struct.pack("<I", len(body)) + body
    return _box_changed(random, data)


def _rearranged(random: Random, parts: Parts) -> Parts:
    if not parts:
        return parts
    at, other = random.randrange(len(parts)), random.randrange(len(parts))
    deed = random.randrange(4)
    if deed == 0:
        return parts[:at] + parts[at + 1 :]
    if deed == 1:
        return parts[:at] + [parts[at]] * random.choice((2, 3, 300)) + parts[at + 1 :]
    if deed == 2:
        parts[at], parts[other] = parts[other], parts[at]
        return parts
    head, rest = parts[at][:4], parts[at][4:]
    change = random.choice((_bytes_changed, _number_planted, _cut_short, _bit_flipped))
    return [*parts[:at], head + change(random, rest), *parts[at + 1 :]]


def _png_parts(data: bytes) -> Parts:
    """Return the chunks of a PNG, each as name and content."""
    parts, at = [], 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4])
        parts.append(data[at + 4 : at + 8 + length])
        at += 12 + length
    return parts


def _png_chunk(part: bytes) -> bytes:
    return struct.pack(">I", max(0, len(part) - 4)) + part + struct.pack(">I", zlib.crc32(part))


def _jpeg_parts(data: bytes) -> Parts:
    starts = [match.start() for match in re.finditer(rb"\xff[\xc0-\xcf\xda-\xfe]", data)]
    return [data[start:end] for start, end in pairwise([*starts, len(data)])]


def _webp_parts(data: bytes) -> Parts:
    parts, at = [], 12
    while at + 8 <= len(data):
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        parts.append(data[at : at + 8 + length + length % 2])
        at += 8 + length + length % 2
    return parts


def _box_changed(random: Random, data: bytes) -> bytes:
    """Change a few bytes behind the name of a box, or its length before it; in a GIF, anywhere."""
    boxes = [match.start() for match in _BOX.finditer(data)]
    if not boxes:
        return _number_planted(random, data)
    at = random.choice(boxes)
    place = max(0, at + random.choice((-4, -3, -1, 4, 5, 7, 8, 11, 12, 16, 20)))
    return (
        data[:place]
        + bytes([random.choice((0, 1, 2, 0x7F, 0xFF, random.randrange(256)))])
        + data[place + 1 :]
    )


_WAYS: tuple[Callable[[Random, bytes], bytes], ...] = (
    _bytes_changed,
    _bit_flipped,
    _number_planted,
    _cut_short,
    _part_removed,
    _part_repeated,
    _noise_added,
    _spliced,
    _parts_shuffled,
    _parts_shuffled,
    _parts_shuffled,
)

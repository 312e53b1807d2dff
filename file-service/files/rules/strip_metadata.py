"""Strips private metadata (location, time, author, thumbnails, trailing data) without re-encoding.

The compressed pixels are kept unchanged, and so is what they need for display: a colour profile other than
sRGB, and the orientation. The files have been decoded without an error before.
"""

import re
import struct
import zlib
from collections.abc import Iterator

from files.rules.formats import PictureFormat

_EXIF = b"Exif\0\0"
_ICC = b"ICC_PROFILE\0"
_ADOBE = b"Adobe"
"""Marks the colour transform of a JPEG. Without it, CMYK is decoded inverted."""

_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_SOI, _EOI, _SOS, _APP0, _APP1, _APP2, _APP14, _APP15, _COM = (
    0xD8,
    0xD9,
    0xDA,
    0xE0,
    0xE1,
    0xE2,
    0xEE,
    0xEF,
    0xFE,
)
_AFTER_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]", re.DOTALL)
"""The marker that ends compressed data. Within the data, 0xFF is followed by zero or a restart marker.

The pattern has no repetition, so the search can scan for its first byte, which is 16 times as fast."""

_PNG_PIXELS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"gAMA", b"cHRM", b"sRGB"})
_WEBP_PIXELS = frozenset({b"VP8 ", b"VP8L", b"ALPH"})
_WEBP_HAS_ALPHA, _WEBP_HAS_EXIF, _WEBP_HAS_ICC = 0x10, 0x08, 0x20


def strip_metadata(kind: PictureFormat, data: bytes, *, keep_profile: bool, orientation: int) -> bytes | None:
    """Return the file ``data`` without metadata; None for GIF, AVIF and animations, which are not stored.

    ``keep_profile`` keeps the colour profile. ``orientation`` (EXIF, 1 to 8) is written unless it is 1.
    Raises ``ValueError`` for a structure that lenient decoders accept and this parser does not.
    """
    exif = _exif(orientation) if orientation != 1 else b""
    try:
        if kind == "JPEG":
            return b"".join(_jpeg(data, keep_profile, exif))
        if kind == "PNG":
            return b"".join(_png(data, keep_profile, exif))
        if kind == "WEBP":
            return _webp(data, keep_profile, exif)
    except (struct.error, IndexError):
        raise ValueError("ends too early") from None
    return None


def _exif(orientation: int) -> bytes:
    """Return EXIF data with one entry: a TIFF header and a directory with the orientation."""
    return struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, 0x0112, 3, 1, orientation, 0, 0)


def _jpeg(data: bytes, keep_profile: bool, exif: bytes) -> Iterator[bytes]:
    yield b"\xff\xd8"
    if exif:
        yield b"\xff\xe1" + struct.pack(">H", 2 + len(_EXIF + exif)) + _EXIF + exif
    at = 2
    while True:
        marker, at = _next_marker(data, at)
        if marker == _EOI:
            yield b"\xff\xd9"
            return
        if marker in _ALONE:
            continue
        (length,) = struct.unpack_from(">H", data, at)
        body = data[at + 2 : at + length]
        if _is_needed(marker, body, keep_profile):
            yield b"\xff" + bytes([marker]) + data[at : at + length]
        at += length
        if marker == _SOS:
            end = _AFTER_SCAN.search(data, at)
            if end is None:
                raise ValueError("has no end")
            yield data[at : end.start()]
            at = end.start()


def _next_marker(data: bytes, at: int) -> tuple[int, int]:
    at = data.index(b"\xff", at)
    while data[at] == 0xFF:
        at += 1
    return data[at], at + 1


def _is_needed(marker: int, body: bytes, keep_profile: bool) -> bool:
    if marker == _COM or _APP0 <= marker <= _APP15:
        return (
            (marker == _APP0 and body.startswith(b"JFIF\0"))
            or (marker == _APP14 and body.startswith(_ADOBE))
            or (keep_profile and marker == _APP2 and body.startswith(_ICC))
        )
    return True


def _png(data: bytes, keep_profile: bool, exif: bytes) -> Iterator[bytes]:
    yield data[:8]
    at = 8
    while True:
        (length,) = struct.unpack_from(">I", data, at)
        name, end = data[at + 4 : at + 8], at + 12 + length
        if name in _PNG_PIXELS or (keep_profile and name == b"iCCP"):
            yield data[at:end]
        if name == b"IHDR" and exif:
            chunk = b"eXIf" + exif
            yield struct.pack(">I", len(exif)) + chunk + struct.pack(">I", zlib.crc32(chunk))
        if name == b"IEND":
            return
        if end >= len(data):
            raise ValueError("has no end")
        at = end


def _webp(data: bytes, keep_profile: bool, exif: bytes) -> bytes | None:
    chunks = dict(_webp_chunks(data))
    pixels = {name: body for name, body in chunks.items() if name in _WEBP_PIXELS}
    if b"ANMF" in chunks:
        return None
    if not pixels:
        raise ValueError("holds no pixels")
    profile = chunks.get(b"ICCP", b"") if keep_profile else b""
    if b"VP8X" in chunks and (b"ALPH" in pixels or profile or exif):
        flags = chunks[b"VP8X"][0] & _WEBP_HAS_ALPHA
        flags |= (_WEBP_HAS_ICC if profile else 0) | (_WEBP_HAS_EXIF if exif else 0)
        head = {b"VP8X": bytes([flags]) + chunks[b"VP8X"][1:]}
        pixels = head | ({b"ICCP": profile} if profile else {}) | pixels | ({b"EXIF": exif} if exif else {})
    body = b"WEBP" + b"".join(
        name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
        for name, content in pixels.items()
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _webp_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at, end = 12, min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    while at + 8 <= end:
        (length,) = struct.unpack_from("<I", data, at + 4)
        yield data[at : at + 4], data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2

"""Detection of picture formats by their first bytes; file names and headers are ignored."""

import re
from typing import Literal

from files.refusals import unusable

PictureFormat = Literal["JPEG", "PNG", "WEBP", "GIF", "AVIF"]

_AVIF_BRANDS = (b"avif", b"avis")

_TAKEN = "is no JPEG, PNG, WebP, GIF or AVIF picture"
_OTHERS = (
    (re.compile(rb"II\*\0|MM\0\*"), "a TIFF"),
    (re.compile(rb"....ftyp(hei|hev|mif1|msf1)", re.DOTALL), "a HEIC"),
    (re.compile(rb"....ftyp", re.DOTALL), "a video"),
    (re.compile(rb"\xff\x0a|\0\0\0\x0cJXL "), "a JPEG XL"),
    (re.compile(rb"\xff\x4f\xff\x51|\0\0\0\x0cjP  "), "a JPEG 2000"),
    (re.compile(rb"BM"), "a BMP"),
    (re.compile(rb"8BPS"), "a Photoshop file"),
    (re.compile(rb"%PDF|%!PS"), "a document"),
    (re.compile(rb"PK\x03\x04|Rar!|\x1f\x8b|7z\xbc\xaf"), "an archive"),
    (re.compile(rb"[^\0]{0,1000}?<svg[\s>:]", re.IGNORECASE | re.DOTALL), "an SVG"),
    (
        re.compile(rb"(\xef\xbb\xbf)?\s*<(!doctype html|html|head|body|script|\?php)", re.IGNORECASE),
        "a web page",
    ),
    (re.compile(rb"(\xef\xbb\xbf)?\s*(#!|<\?|javascript:)", re.IGNORECASE), "a script"),
)
"""Start of other common file types -> name for the error message."""
_BEGINNING = 4096
"""Number of bytes that these patterns search; an upload may be megabytes of blanks."""


def format_of(data: bytes) -> PictureFormat:
    """Return the format of a picture. Raises 400 for any other file."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp" and any(brand in _AVIF_BRANDS for brand in _brands(data)):
        return "AVIF"
    raise unusable(_reason(data))


def _reason(data: bytes) -> str:
    name = next((name for beginning, name in _OTHERS if beginning.match(data, 0, _BEGINNING)), None)
    return f"{_TAKEN} but {name}" if name else _TAKEN


def _brands(data: bytes) -> list[bytes]:
    """Return the major and the compatible brands from the first box of an ISO media file."""
    end = min(int.from_bytes(data[:4]), 256)
    return [data[8:12], *(data[at : at + 4] for at in range(16, end, 4))]

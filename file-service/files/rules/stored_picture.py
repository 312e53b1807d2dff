"""The result of decoding a picture: its files and properties."""

import json
from dataclasses import dataclass
from typing import Any

from files.rules.geometry import Box, Size

HIGH, SCALED = "high.webp", "scaled.webp"
ORIGINALS = ("original.jpg", "original.webp", "original.png")
"""File names of originals; a key has at most one of them."""
HIGH_AVIF, SCALED_AVIF = "high.avif", "scaled.avif"
"""Encoded from the original after the upload. Until then, or if that fails, WebP is served."""
CROP_RECORD = "cut.json"
"""File name of a ``CropRecord``, below the key."""


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A picture ready to be stored, with the properties that its owner saves."""

    files: dict[str, bytes]
    """Name -> bytes: both sizes and the original."""
    width: int
    """Width of the larger size, in pixels."""
    height: int
    """Height of the larger size, in pixels."""
    aspect_ratio: float
    """Width / height of the crop, before it is reduced."""
    placeholder: str
    """ThumbHash, in base64."""
    color: str
    """Dominant colour, ``#rrggbb``."""
    phash: str
    """Perceptual hash, 16 hex digits; see ``files.rules.perceptual_hash``."""
    sha256: str
    """SHA-256 of the uploaded bytes, in hex."""

    @property
    def size(self) -> Size:
        """Width and height of the larger size, in pixels."""
        return self.width, self.height

    @property
    def facts(self) -> dict[str, Any]:
        """The properties that the owner saves, by field name of the internal ``attach`` routes."""
        return {
            "width": self.width,
            "height": self.height,
            "aspect_ratio": self.aspect_ratio,
            "placeholder": self.placeholder,
            "color": self.color,
            "phash": self.phash,
            "sha256": self.sha256,
        }


@dataclass(frozen=True, slots=True)
class CropRecord:
    """The parameters that made a picture from its original.

    Stored beside it, for AVIF encoding and recropping.
    """

    box: Box
    """The crop, in pixels of the upright original."""
    opaque: bool
    """True if transparent areas get a white background."""
    sha256: str
    """SHA-256 of the uploaded bytes; the stored original has no metadata and so another hash."""

    def dump(self) -> bytes:
        """Return the record as stored bytes."""
        return json.dumps({"box": self.box, "opaque": self.opaque, "sha256": self.sha256}).encode()

    @staticmethod
    def load(data: bytes) -> "CropRecord":
        """Return the record from bytes that ``dump`` returned."""
        document = json.loads(data)
        left, top, right, bottom = document["box"]
        return CropRecord((left, top, right, bottom), document["opaque"], document["sha256"])

"""A picture as a decoder makes it and as storage and owners get it."""

import json
from dataclasses import dataclass
from typing import Any

from files.rules.geometry import Box, Size

HIGH, SCALED = "high.webp", "scaled.webp"
ORIGINALS = ("original.jpg", "original.webp", "original.png")
"""Names of what a picture can be cut from again; a key has one of them."""
HIGH_AVIF, SCALED_AVIF = "high.avif", "scaled.avif"
"""Made from the original after the upload; until then, and where that fails, there is WebP."""
CROP_RECORD = "cut.json"
"""The name of a ``CropRecord``, below its key."""


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A picture ready to be stored, and what its owner is told about it."""

    files: dict[str, bytes]
    """Name -> bytes: both sizes, and the original that it can be cut from again."""
    width: int
    """Of the larger of its two sizes, in pixels."""
    height: int
    aspect_ratio: float
    """Width through height of the part that was cut out, before reducing."""
    placeholder: str
    """ThumbHash, in base64."""
    color: str
    """The colour it is mostly of, ``#rrggbb``."""
    phash: str
    """Perceptual hash, 16 hex digits; see ``files.rules.perceptual_hash``."""
    sha256: str
    """Of the bytes that were uploaded, in hex."""

    @property
    def size(self) -> Size:
        """Width and height of the larger of its two sizes."""
        return self.width, self.height

    @property
    def facts(self) -> dict[str, Any]:
        """What its owner keeps, under the names of the internal ``attach`` routes."""
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
    """How a picture was made from its original. It is stored beside it, for what is made of it later."""

    box: Box
    """In pixels of the upright original."""
    opaque: bool
    """Whether there is white behind it."""
    sha256: str
    """Of the bytes that were uploaded, which the original may no longer be."""

    def dump(self) -> bytes:
        """Return it as it is stored."""
        return json.dumps({"box": self.box, "opaque": self.opaque, "sha256": self.sha256}).encode()

    @staticmethod
    def load(data: bytes) -> "CropRecord":
        """Return what ``dumped`` made ``data`` of."""
        document = json.loads(data)
        left, top, right, bottom = document["box"]
        return CropRecord((left, top, right, bottom), document["opaque"], document["sha256"])

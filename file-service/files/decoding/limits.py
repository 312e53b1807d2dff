"""Resource limits for decoding one picture."""

from dataclasses import dataclass

_MIB = 1024 * 1024
_BASE = 160 * _MIB
_BYTES_PER_PIXEL = 22
"""Address space per pixel, much of it untouched. Animated WebP with alpha takes 19, 12-bit AVIF takes 17."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one decoding child."""

    pixels: int
    """Maximum width x height."""
    frames: int = 1000
    """Maximum frames of an animation. Only the first frame is used."""
    parts: int = 1000
    """Maximum chunks or segments before the pixel data. The largest colour profile has 255, camera metadata
    some dozens."""
    cpu_seconds: int = 15
    seconds: float = 45
    """Maximum wall-clock time, from the start of the child to the last byte of its answer."""

    @property
    def memory(self) -> int:
        """Address space in bytes, in addition to what the child has at start."""
        return _BASE + _BYTES_PER_PIXEL * self.pixels

    @property
    def megapixels(self) -> str:
        """The pixel limit as text for error messages."""
        return f"{self.pixels / 1_000_000:g} megapixels"

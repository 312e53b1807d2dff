"""What one picture may cost."""

from dataclasses import dataclass

_MIB = 1024 * 1024
_BASE = 160 * _MIB
_BYTES_PER_PIXEL = 22
"""Address space, much of which is never touched: an animated WebP with alpha takes 19, AVIF of 12 bits takes 17."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one decoding child."""

    pixels: int
    """Width times height."""
    frames: int = 1000
    """Of an animation, of which only the first is looked at."""
    parts: int = 1000
    """Of a file, before its pixels: the largest profile has 255, and a camera's notes some dozens."""
    cpu_seconds: int = 15
    seconds: float = 45
    """Of the clock on the wall, from the child's start to the last byte of its answer."""

    @property
    def memory(self) -> int:
        """Bytes of address space beyond what the child is born with."""
        return _BASE + _BYTES_PER_PIXEL * self.pixels

    @property
    def megapixels(self) -> str:
        """The limit on pixels as people say it."""
        return f"{self.pixels / 1_000_000:g} megapixels"

"""The sizes of the compared catalogues."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """One catalogue's size; groups have four volumes on average."""

    volumes: int
    series: int
    readers: int = 1_000

    @property
    def groups(self) -> int:
        """Volume groups."""
        return self.volumes // 4

    @property
    def name(self) -> str:
        """The size in tables and charts."""
        return f"{self.volumes:,}"


TINY = Size(2_000, 70, readers=50)
SMALL = Size(60_000, 2_000)
LARGE = Size(1_000_000, 35_000)

LONGEST_SHELF = 10_000
"""Volumes in the largest collection, and series in the longest reading history, if there are as many."""
SHORT_HISTORY = 2_000
"""Series in the history that is compared between sizes: all of the smaller catalogue."""

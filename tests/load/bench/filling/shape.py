"""Number of groups of each series and of volumes of each group; ids follow from positions."""

import random
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from tests.load.bench.sizes import Size

SEED = "bunko"
MANY = 40
"""Volumes in the groups whose reordering is measured: every hundredth group."""
_MANY_EVERY = 100


@dataclass(frozen=True, slots=True)
class Shape:
    """A catalogue's skeleton. All ids count from 1, in the order of series, groups and volumes."""

    groups_of: Sequence[int]
    """Position of a series -> its number of groups."""
    volumes_of: Sequence[int]
    """Position of a group -> its number of volumes."""
    group_ends: Sequence[int]
    volume_ends: Sequence[int]

    def series_of_group(self, group: int) -> int:
        """Return the id of the series that ``group`` is in."""
        return bisect_right(self.group_ends, group - 1) + 1

    def group_of_volume(self, volume: int) -> int:
        """Return the id of the group that ``volume`` is in."""
        return bisect_right(self.volume_ends, volume - 1) + 1

    def volumes_in(self, group: int) -> range:
        """Return the ids of the volumes in ``group``, in their order."""
        end = self.volume_ends[group - 1]
        return range(end - self.volumes_of[group - 1] + 1, end + 1)

    def large_groups(self) -> list[int]:
        """Return the ids of the groups with at least ``MANY`` volumes."""
        return [place + 1 for place in range(0, len(self.volumes_of), _MANY_EVERY)]


def shape(size: Size) -> Shape:
    """Return the skeleton of a catalogue; the same size gives the same skeleton."""
    chance = random.Random(f"{SEED} shape {size.volumes}")
    groups_of = _shared_out(size.groups, [1] * size.series, chance)
    least = [1 if place % _MANY_EVERY else MANY for place in range(size.groups)]
    volumes_of = _shared_out(size.volumes, least, chance)
    return Shape(groups_of, volumes_of, list(accumulate(groups_of)), list(accumulate(volumes_of)))


def _shared_out(total: int, least: list[int], chance: random.Random) -> list[int]:
    more = Counter(chance.choices(range(len(least)), k=total - sum(least)))
    return [number + more[place] for place, number in enumerate(least)]

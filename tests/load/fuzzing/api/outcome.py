"""The outcome of some requests."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Outcome:
    """The number of answers by status, and the faults."""

    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(self.statuses + other.statuses, self.wrong + other.wrong)

"""The results of a part of the bench, for printing, JSON and charts."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the goals: the goal and the measured value."""

    work: str
    size: str
    goal: str
    measured: str
    reached: bool | None
    """None without a goal, or if the peer was missing."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of a part, in full."""

    title: str
    head: list[str]
    rows: list[list[str]]


@dataclass(frozen=True, slots=True)
class Chart:
    """Horizontal bars on a logarithmic scale: (label, value) in ``unit``."""

    name: str
    title: str
    unit: str
    bars: list[tuple[str, float]]


@dataclass
class Outcome:
    """All results of a part."""

    figures: list[Figure] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

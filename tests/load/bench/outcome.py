"""What a part of the bench found out, in a form that is printed, kept as JSON and drawn."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the goals: what was wanted, what was measured."""

    work: str
    size: str
    goal: str
    measured: str
    reached: bool | None
    """None where nothing is promised, or the peer could not be had."""


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
    """All a part has to say."""

    figures: list[Figure] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

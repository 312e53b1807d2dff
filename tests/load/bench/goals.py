"""Comparing figures with the goals."""

from collections.abc import Mapping, Sequence

from tests.load.bench.outcome import Figure
from tests.load.bench.rounds import Ratio, middle
from tests.load.bench.sizes import Size

Goals = Mapping[Size, float]


def at_least(work: str, size: Size, ratio: Ratio | None, goals: Goals) -> Figure:
    """Return the figure of a ratio that must be at least the goal."""
    goal = goals.get(size)
    reached = None if ratio is None or goal is None else ratio.middle >= goal
    return Figure(work, size.name, f">= {goal:g}x" if goal else "", str(ratio or "no peer"), reached)


def ratio_at_most(work: str, size: Size, ratio: Ratio | None, goals: Goals) -> Figure:
    """Return the figure of a ratio that must be at most the goal."""
    goal = goals.get(size)
    reached = None if ratio is None or goal is None else ratio.middle <= goal
    return Figure(work, size.name, f"<= {goal:g}x" if goal else "", str(ratio or "no peer"), reached)


def at_most(work: str, size: Size, values: Sequence[float], goals: Goals, unit: str) -> Figure:
    """Return the figure of a quantity that must be at most the goal: the median of the rounds' ``values``."""
    goal = goals.get(size)
    reached = None if goal is None else middle(values) <= goal
    spread = f" ({min(values):.1f}-{max(values):.1f})" if len(values) > 1 else ""
    measured = f"{middle(values):.1f} {unit}{spread}"
    return Figure(work, size.name, f"<= {goal:g} {unit}" if goal else "", measured, reached)

"""Figures and tables as Markdown, also for the terminal."""

from collections.abc import Iterable, Sequence

from tests.load.bench.outcome import Figure, Outcome, Table

_VERDICTS = {True: "reached", False: "**missed**", None: ""}


def figures(rows: Iterable[Figure]) -> str:
    """Return the goals and the measured values."""
    head = ["work", "volumes", "goal", "measured", ""]
    return markdown(
        head, [[row.work, row.size, row.goal, row.measured, _VERDICTS[row.reached]] for row in rows]
    )


def verdict(rows: Iterable[Figure]) -> str:
    """Return how many goals are reached, and which comparisons were not possible."""
    judged = [row.reached for row in rows if row.goal]
    absent = judged.count(None)
    without = f"; {absent} could not be measured, as the peer is missing" if absent else ""
    return (
        f"{judged.count(True)} of {len(judged)} goals are reached, {judged.count(False)} are missed{without}."
    )


def whole(outcome: Outcome) -> str:
    """Return an outcome as text."""
    parts = [figures(outcome.figures), *map(table, outcome.tables), *outcome.notes]
    return "\n\n".join(parts)


def table(of: Table) -> str:
    """Return a table under its title."""
    return f"{of.title}:\n\n{markdown(of.head, of.rows)}"


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return rows as a Markdown table with aligned columns."""
    lines = [list(head), *map(list, rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(head))]
    padded = [
        " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines
    ]
    padded.insert(1, " | ".join("-" * max(3, width) for width in widths))
    return "\n".join(f"| {line} |" for line in padded)

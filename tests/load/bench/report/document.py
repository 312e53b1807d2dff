"""docs/benchmarks.md and its charts, rewritten from all known results."""

from collections.abc import Mapping
from pathlib import Path

from deploy.installation.configuration import ROOT
from tests.load.bench.report import machine, text
from tests.load.bench.report.charts import svg
from tests.load.bench.report.kept import Entry

_PLACE = ROOT / "docs" / "benchmarks.md"
_CHARTS = ROOT / "docs" / "benchmarks"
_PAGES = Path(__file__).parent
_TITLES = {
    "list": "The list",
    "search": "Search",
    "detail": "One volume",
    "writes": "Writes",
    "users": "A reader's pages",
    "stream": "The whole catalogue in one answer",
    "gateway": "The gateway",
    "idle": "A crowd at the door",
    "memory": "Memory",
}


def write(known: Mapping[str, Entry]) -> Path:
    """Write the page; the parts come in the order in which they run."""
    entries = {name: known[name] for name in _TITLES if name in known}
    figures = [figure for entry in entries.values() for figure in entry.outcome.figures]
    page = [
        (_PAGES / "beginning.md").read_text(encoding="utf-8").strip(),
        "## The machine",
        text.markdown(["what", "which"], machine.description()),
        "## Goals and figures",
        text.verdict(figures),
        text.figures(figures),
        *(section for name, entry in entries.items() for section in _section(name, entry)),
        (_PAGES / "end.md").read_text(encoding="utf-8").strip(),
    ]
    _PLACE.write_text("\n\n".join(page) + "\n", encoding="utf-8")
    return _PLACE


def _section(name: str, entry: Entry) -> list[str]:
    pictures = []
    for chart in entry.outcome.charts:
        _CHARTS.mkdir(exist_ok=True)
        (_CHARTS / f"{chart.name}.svg").write_text(svg(chart), encoding="utf-8")
        pictures.append(f"![{chart.title}](benchmarks/{chart.name}.svg)")
    return [
        f"## {_TITLES[name]}",
        f"`make bench ONLY={name}`, {entry.date} UTC, {max(1, round(entry.seconds / 60))} min.",
        *pictures,
        *map(text.table, entry.outcome.tables),
        *entry.outcome.notes,
    ]

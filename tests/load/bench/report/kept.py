"""Outcomes as JSON, so that one part can run alone and keep the results of the others."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from tests.load.bench import places
from tests.load.bench.outcome import Chart, Figure, Outcome, Table


@dataclass(frozen=True, slots=True)
class Entry:
    """The outcome of a part, and its time (UTC)."""

    date: str
    seconds: float
    outcome: Outcome


def keep(part: str, outcome: Outcome, seconds: float) -> dict[str, Entry]:
    """Store the outcome of ``part``; return all stored outcomes."""
    path = places.kept() / "results.json"
    known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    date = f"{datetime.now(UTC):%Y-%m-%d %H:%M}"
    known[part] = {"date": date, "seconds": seconds, "outcome": asdict(outcome)}
    path.write_text(json.dumps(known, indent=1, ensure_ascii=False), encoding="utf-8")
    return {name: _entry(entry) for name, entry in known.items()}


def _entry(known: dict[str, Any]) -> Entry:
    said = known["outcome"]
    outcome = Outcome(
        [Figure(**figure) for figure in said["figures"]],
        [Table(**table) for table in said["tables"]],
        [Chart(**{**chart, "bars": [tuple(bar) for bar in chart["bars"]]}) for chart in said["charts"]],
        said["notes"],
    )
    return Entry(known["date"], known["seconds"], outcome)

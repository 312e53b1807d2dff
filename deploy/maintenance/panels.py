"""Draw the panels of ``dashboard.json`` from a running Prometheus, without Grafana: ``make dashboard PROMETHEUS=...``.

It sends the queries that Grafana would send, draws lines only, and writes docs/dashboard.png.
"""

import html
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from deploy.installation.configuration import ROOT
from deploy.maintenance.screenshots import take
from deploy.user_error import UserError

DASHBOARD = ROOT / "deploy" / "manifests" / "monitoring" / "dashboard.json"
PICTURE = ROOT / "docs" / "dashboard.png"
RATE_INTERVAL = "1m"
"""Grafana's value for ``$__rate_interval``: four times the scrape interval."""
_MINUTES, _POINTS = 5, 100
_WIDTH, _UNIT, _HEIGHT = 1440, 60, 190
"""Pixels: the page's width, the width of one of the 24 columns of Grafana's grid, the height of a panel."""
_COLOURS = ("#73bf69", "#f2cc0c", "#8ab8ff", "#ff780a", "#f2495c", "#5794f2", "#b877d9", "#37872d")
_STYLE = (
    "body{margin:0;background:#111217;color:#ccccdc;font:11px sans-serif}"
    "div{position:absolute;box-sizing:border-box;overflow:hidden;padding:5px 8px;background:#181b1f;"
    "border:1px solid #2c3235;border-radius:2px}h3{margin:0 0 2px;font-size:12px}h2{position:absolute;"
    "margin:6px 8px;font-size:13px}span{margin-right:9px;white-space:nowrap}"
)

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a panel: seconds since 1970, values."""

    name: str
    points: Points


def main() -> None:
    """Write the picture, or print one sentence and exit with status 1."""
    prometheus = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:9090"
    try:
        _take(_page(prometheus))
    except (UserError, requests.RequestException) as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    print(f"Wrote {PICTURE.relative_to(ROOT)}.")


def panels() -> list[dict[str, Any]]:
    """Return the panels of the dashboard, with its headings."""
    found: list[dict[str, Any]] = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    return found


def query(expression: str) -> str:
    """Return an expression of the dashboard without Grafana's variables."""
    return expression.replace("$__rate_interval", RATE_INTERVAL)


def _page(prometheus: str) -> str:
    now, top, drawn = time.time(), 0, []
    for panel in panels():
        place = panel["gridPos"]
        if panel["type"] == "row":
            drawn.append(f'<h2 style="top:{top}px">{html.escape(panel["title"])}</h2>')
            top += 28
            continue
        left, width = place["x"] * _UNIT, place["w"] * _UNIT
        lines = [line for target in panel["targets"] for line in _lines(prometheus, target, now)]
        drawn.append(
            f'<div style="left:{left}px;top:{top}px;width:{width - 4}px;height:{_HEIGHT - 4}px">'
            f"<h3>{html.escape(panel['title'])}</h3>"
            f"{_chart(lines, panel['fieldConfig']['defaults']['unit'], width - 26, now)}{_legend(lines)}</div>"
        )
        top += _HEIGHT if left + width == _WIDTH else 0
    return f"<!doctype html><meta charset=utf-8><style>{_STYLE}html{{height:{top}px}}</style>{''.join(drawn)}"


def _lines(prometheus: str, target: dict[str, Any], now: float) -> list[Line]:
    """Return the lines of one expression of a panel."""
    seconds = _MINUTES * 60
    parameters = {
        "query": query(target["expr"]),
        "start": f"{now - seconds}",
        "end": f"{now}",
        "step": f"{seconds / _POINTS}",
    }
    answer = requests.get(f"{prometheus}/api/v1/query_range", params=parameters, timeout=30).json()
    if answer["status"] != "success":
        raise UserError(f"Prometheus does not understand {parameters['query']}: {answer['error']}")
    return [
        Line(_name(target["legendFormat"], found["metric"]), _numbers(found["values"]))
        for found in answer["data"]["result"]
    ]


def _name(legend: str, labels: dict[str, str]) -> str:
    for label, value in labels.items():
        legend = legend.replace("{{" + label + "}}", value)
    return legend


def _numbers(values: Sequence[tuple[float, str]]) -> Points:
    """Return the finite values: 0/0 is NaN."""
    return [(when, float(value)) for when, value in values if value not in {"NaN", "+Inf", "-Inf"}]


def _chart(lines: Sequence[Line], unit: str, width: int, now: float) -> str:
    height, left = 116, 52
    most = max((value for line in lines for _, value in line.points), default=0) or 1.0
    began, seconds = now - _MINUTES * 60, _MINUTES * 60

    def place(when: float, value: float) -> str:
        across = left + (when - began) / seconds * (width - left)
        return f"{across:.1f},{height - 6 - value / most * (height - 14):.1f}"

    grid = "".join(
        f'<path d="M{place(began, most * part)}L{place(now, most * part)}" stroke="#2c3235"/>'
        f'<text x="0" y="{height - 2 - part * (height - 14):.0f}" fill="#9fa3ab">{_text(most * part, unit)}</text>'
        for part in (0, 0.5, 1)
    )
    drawn = "".join(
        f'<polyline points="{" ".join(place(*point) for point in line.points)}" fill="none" '
        f'stroke="{colour}" stroke-width="1.6"/>'
        for line, colour in _coloured(lines)
    )
    return f'<svg width="{width}" height="{height}" font-size="10">{grid}{drawn}</svg>'


def _legend(lines: Sequence[Line]) -> str:
    return "<br>" + " ".join(
        f'<span><b style="color:{colour}">&#9644;</b> {html.escape(line.name)}</span>'
        for line, colour in _coloured(lines)
    )


def _coloured(lines: Sequence[Line]) -> list[tuple[Line, str]]:
    return [(line, _COLOURS[number % len(_COLOURS)]) for number, line in enumerate(lines)]


def _text(value: float, unit: str) -> str:
    """Return a value as text; ``unit`` is Grafana's name of a unit."""
    if unit == "percentunit":
        return f"{value:.1%}"
    if unit in {"bytes", "Bps"}:
        return f"{value / 1_000_000:.3g} MB"
    if unit == "s":
        return f"{value * 1000:.3g} ms" if value < 1 else f"{value:.3g} s"
    return f"{value:.3g}"


def _take(page: str) -> None:
    height = sum(28 if panel["type"] == "row" else 0 for panel in panels())
    height += _HEIGHT * sum(panel["type"] != "row" and not panel["gridPos"]["x"] for panel in panels())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        path.write_text(page, encoding="utf-8")
        take(path.as_uri(), PICTURE, (_WIDTH, height))


if __name__ == "__main__":
    main()

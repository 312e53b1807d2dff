"""Bars as SVG on a logarithmic scale, since the figures differ by powers of ten."""

import math
from html import escape

from tests.load.bench.outcome import Chart

_WIDTH, _LABELS, _BAR, _GAP, _TOP = 760, 230, 20, 8, 44
_OURS, _THEIRS = "#2a6f97", "#b8bec5"
_LEAST = 0.01


def svg(chart: Chart) -> str:
    """Return ``chart`` as a picture; Bunko's bars are blue."""
    height = _TOP + len(chart.bars) * (_BAR + _GAP) + _GAP
    values = [max(value, _LEAST) for _, value in chart.bars]
    low = 10 ** math.floor(math.log10(min(values)) - 0.05)
    room = (_WIDTH - _LABELS - 90) / math.log10(max(values) / low)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}">',
        "<style>text { font-family: sans-serif; font-size: 13px }</style>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="10" y="20" font-weight="bold">{escape(chart.title)}</text>',
        f'<text x="10" y="36" fill="#666666">{escape(chart.unit)}, logarithmic scale</text>',
    ]
    for place, ((label, value), drawn) in enumerate(zip(chart.bars, values, strict=True)):
        top = _TOP + place * (_BAR + _GAP)
        length = max(2, room * math.log10(drawn / low))
        colour = _OURS if "Bunko" in label else _THEIRS
        lines += [
            f'<text x="{_LABELS - 8}" y="{top + 15}" text-anchor="end">{escape(label)}</text>',
            f'<rect x="{_LABELS}" y="{top}" width="{length:.1f}" height="{_BAR}" fill="{colour}"/>',
            f'<text x="{_LABELS + length + 6:.1f}" y="{top + 15}">{_short(value)}</text>',
        ]
    return "\n".join([*lines, "</svg>"]) + "\n"


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"

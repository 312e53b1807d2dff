"""The folders of the bench's reusable data: databases, installed peers, results."""

import os
from pathlib import Path

from tests.load.bench.sizes import Size

FILLING = 1
"""Incremented whenever the rows change, so that older databases are not reused."""


def kept() -> Path:
    """Return the folder; ``BENCH_DIR`` names it."""
    folder = Path(os.environ.get("BENCH_DIR", "var/bench")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def state(size: Size) -> Path:
    """Return the state folder of the Bunko with a catalogue of ``size``.

    New migrations are applied at its next start.
    """
    return kept() / f"{size.volumes}-{FILLING}"

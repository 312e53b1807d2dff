"""Where the bench keeps what it need not make again: databases, installed peers, results."""

import os
from pathlib import Path

from tests.load.bench.sizes import Size

FILLING = 1
"""Raised whenever other rows are filled in, so that databases filled before are left alone."""


def kept() -> Path:
    """Return the folder; ``BENCH_DIR`` names it."""
    folder = Path(os.environ.get("BENCH_DIR", "var/bench")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def state(size: Size) -> Path:
    """Return the state folder of the Bunko with a catalogue of ``size``.

    New migrations find their way there as they do into any database: when it is next started.
    """
    return kept() / f"{size.volumes}-{FILLING}"

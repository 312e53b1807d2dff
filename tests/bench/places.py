"""Where the bench keeps what it need not make again: databases, installed peers, results."""

import hashlib
import os
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from deploy.configuration import ROOT
from deploy.histories import HISTORIES
from tests.bench.sizes import Size


def kept() -> Path:
    """Return the folder; ``BENCH_DIR`` names it."""
    folder = Path(os.environ.get("BENCH_DIR", "var/bench")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def state(size: Size) -> Path:
    """Return the state folder of the Bunko with a catalogue of ``size``; another one for other migrations."""
    return kept() / f"{size.volumes}-{_heads()}"


def _heads() -> str:
    heads = [_head(ROOT / folder / "migrations" / "versions") for folder in HISTORIES.values()]
    return hashlib.sha256(" ".join(heads).encode()).hexdigest()[:10]


def _head(versions: Path) -> str:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "deploy" / "migrations"))
    config.set_main_option("version_locations", str(versions).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    return ScriptDirectory.from_config(config).get_current_head() or ""

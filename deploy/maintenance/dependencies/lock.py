"""Resolve the requirements: one lock for the whole installation, and locks for each program and the tools within it.

The locks name versions and hashes but no index, so they install from any registry that holds the same files.
`python -m deploy.maintenance.dependencies.lock --upgrade` takes the newest versions; without it, locked versions stay.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PROGRAMS = ("gateway", "catalog-service", "media-service", "user-service", "file-service")
WHOLE = "deploy/requirements.txt"
"""The lock of `make up`; the tools of `make test` come on top of it."""

PEERS = "tests/load/bench/peers"
"""The other systems of `make bench` have an environment and a lock of their own."""


def resolve(output: str, inputs: Sequence[str], *options: str) -> None:
    """Write the lock ``output`` for the requirements in ``inputs``."""
    command = [
        *(sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"),
        *("--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--no-header"),
        *("--output-file", output, *options, *inputs),
    ]
    subprocess.run(command, cwd=ROOT, check=True)


def main() -> None:
    """Write every lock again."""
    running = [f"{folder}/requirements.in" for folder in (*PROGRAMS, "deploy")]
    resolve(WHOLE, running, *sys.argv[1:])
    for folder in (*PROGRAMS, "tests"):
        resolve(f"{folder}/requirements.txt", [f"{folder}/requirements.in"], "--constraint", WHOLE)
    resolve(f"{PEERS}/requirements.txt", [f"{PEERS}/requirements.in"], *sys.argv[1:])


if __name__ == "__main__":
    main()

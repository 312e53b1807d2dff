"""Resolve the requirements: one lock over all that runs, and one for each program and for the tools that agrees.

The locks name versions and hashes and no index, so that they install from any registry that holds the same files.
`python -m deploy.maintenance.dependencies.lock --upgrade` takes the newest versions; without it, what is locked stays.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PROGRAMS = ("gateway", "catalog-service", "media-service", "user-service", "file-service")
WHOLE = "deploy/requirements.txt"
"""What `make up` installs; the tools of `make test` come on top of it."""

PEERS = "tests/load/bench/peers"
"""What `make bench` compares with has an environment of its own, and need not agree."""


def resolve(output: str, inputs: Sequence[str], *options: str) -> None:
    """Write the lock ``output`` for the requirements in ``inputs``."""
    command = [
        *(sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"),
        *("--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--no-header"),
        *("--output-file", output, *options, *inputs),
    ]
    subprocess.run(command, cwd=ROOT, check=True)


def main() -> None:
    """Write every lock anew."""
    running = [f"{folder}/requirements.in" for folder in (*PROGRAMS, "deploy")]
    resolve(WHOLE, running, *sys.argv[1:])
    for folder in (*PROGRAMS, "tests"):
        resolve(f"{folder}/requirements.txt", [f"{folder}/requirements.in"], "--constraint", WHOLE)
    resolve(f"{PEERS}/requirements.txt", [f"{PEERS}/requirements.in"], *sys.argv[1:])


if __name__ == "__main__":
    main()

"""The version of the code in this folder."""

import os
import subprocess

from deploy.installation.configuration import ROOT
from shared.build_info import RELEASE


def version() -> str:
    """Return ``BUNKO_VERSION`` if it is set, else the release with the commit as build metadata, as 1.0.0+3bff4f2.

    A checkout of the release's own tag, or a folder without git, gives the release alone.
    """
    return os.environ.get("BUNKO_VERSION", "").strip() or versioned(_describe())


def versioned(described: str) -> str:
    """Return the release with the output of ``git describe`` as build metadata."""
    build = described.removeprefix(f"v{RELEASE}").removeprefix("-")
    return f"{RELEASE}+{build}" if build else RELEASE


def _describe() -> str:
    command = ["git", "describe", "--tags", "--always", "--dirty"]
    try:
        described = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return described.stdout.strip()

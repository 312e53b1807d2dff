"""Which version of Bunko is run from this folder."""

import os
import subprocess

from deploy.installation.configuration import ROOT


def version() -> str:
    """Return ``BUNKO_VERSION`` where it is set, else how git describes the checkout: its tag or commit, and if changed.

    ``unknown`` where there is neither.
    """
    given = os.environ.get("BUNKO_VERSION", "").strip()
    return given or _described() or "unknown"


def _described() -> str:
    command = ["git", "describe", "--tags", "--always", "--dirty"]
    try:
        described = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return described.stdout.strip()

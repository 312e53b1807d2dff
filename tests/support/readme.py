"""Runs the shell session of docs/first-session.md exactly as it is printed."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from deploy.installation.configuration import ROOT

_GUIDE = ROOT / "docs" / "first-session.md"

DONE = ["Series added successfully", "Added volume group", "Added volume", "Updated cover"]
"""The texts of the answers to the session's changes, in order."""


def first_session(
    address: str, password: str, folder: Path, environment: Mapping[str, str] | None = None
) -> tuple[list[str], str]:
    """Run the session in ``folder`` against ``address``; return the texts of its answers and the URL of its cover."""
    block = re.search(r"^```sh\n(.*?)^```", _GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert block is not None
    (folder / "docs").symlink_to(ROOT / "docs")
    output = subprocess.run(
        ["bash", "-euc", block[1].replace("http://127.0.0.1:8000", address)],
        input=password + "\n",
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    cover = re.search(r"open (\S+) in a browser", output)
    assert cover is not None
    return re.findall(r'"data":"([^"]+)","code":200', output), cover[1]

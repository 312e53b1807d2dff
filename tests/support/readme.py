"""The README's first session, pasted into a shell as it is printed."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from deploy.installation.configuration import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def first_session(
    address: str, password: str, folder: Path, environment: Mapping[str, str] | None = None
) -> tuple[list[str], str]:
    """Run it in ``folder`` against ``address``; return the texts of its answers and the address of its cover."""
    block = re.search(r"## A first session.*?```sh\n(.*?)```", README, re.DOTALL)
    assert block is not None
    (folder / "docs").symlink_to(ROOT / "docs")
    said = subprocess.run(
        ["bash", "-euc", block[1].replace("http://127.0.0.1:8000", address)],
        input=password + "\n",
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    cover = re.search(r"open (\S+) in a browser", said)
    assert cover is not None
    return re.findall(r'"data":"([^"]+)","code":200', said), cover[1]


DONE = ["Series added successfully", "Added volume group", "Added volume", "Updated cover"]
"""What its changes answer."""

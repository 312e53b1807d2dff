"""The README's first session, pasted as it is printed: from sign-in to a cover in a browser."""

import re
import subprocess
from pathlib import Path

import requests

from deploy.stack import Stack
from tests.conftest import PASSWORD

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_first_session_works_as_printed(stack: Stack, tmp_path: Path) -> None:
    block = re.search(r"## A first session.*?```sh\n(.*?)```", README, re.DOTALL)
    assert block is not None
    script = block[1].replace("http://127.0.0.1:8000", stack.address)
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    said = subprocess.run(
        ["bash", "-euc", script],
        input=PASSWORD + "\n",
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    texts = re.findall(r'"data":"([^"]+)","code":200', said)
    assert texts == ["Series added successfully", "Added volume group", "Added volume", "Updated cover"]
    cover = re.search(r"open (\S+) in a browser", said)
    assert cover is not None
    picture = requests.get(cover[1], timeout=10)
    assert (picture.status_code, picture.headers["Content-Type"]) == (200, "image/webp")


def test_the_readme_names_the_command_that_ci_runs() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "make lint types test" in README
    assert "make lint types test" in script

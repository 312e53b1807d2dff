"""Commands that README.md, docs/first-session.md and CONTRIBUTING.md print, run against a gateway."""

import re
import subprocess
from pathlib import Path

import requests

from deploy.installation.configuration import ROOT
from deploy.stack.stack import Stack
from tests.conftest import PASSWORD
from tests.support.readme import DONE, first_session


def test_the_first_session_works_as_printed(stack: Stack, tmp_path: Path) -> None:
    texts, cover = first_session(stack.address, PASSWORD, tmp_path)
    assert texts == DONE
    picture = requests.get(cover, timeout=10)
    assert (picture.status_code, picture.headers["Content-Type"]) == (200, "image/webp")
    volume = requests.get(f"{stack.address}/volumes/slug/barakamon-volume-1-en", timeout=10).json()
    assert f"{stack.address}/files/{volume['cover_path']}" == cover


def test_the_curl_lines_of_the_readme_work_as_printed(stack: Stack, tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = "\n".join(re.findall(r"^curl .*", readme, re.MULTILINE)).replace(
        "http://127.0.0.1:8000", stack.address
    )
    assert lines.count("curl ") == 3
    output = subprocess.run(
        ["bash", "-euc", lines.replace('"password": "..."', f'"password": "{PASSWORD}"')],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    assert '"data":"Series added successfully","code":200' in output
    assert re.search(r'"name" ?: ?"Dorohedoro"', output)


def test_contributors_are_given_the_command_that_ci_runs() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "make lint types test" in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert "make lint types test" in script

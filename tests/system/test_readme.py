"""Commands that README.md, docs/first-session.md and CONTRIBUTING.md print, run against a gateway."""

import json
import re
import subprocess
from pathlib import Path

import requests

from deploy.installation.configuration import ROOT
from deploy.stack.stack import Stack
from tests.support.readme import DONE, first_session


def _password(stack: Stack) -> str:
    """Return the password that the administrator of ``stack`` was created with."""
    password = stack.configuration.admin_password
    assert password
    return password


def test_the_first_session_works_as_printed(stack: Stack, tmp_path: Path) -> None:
    texts, cover = first_session(stack.address, _password(stack), tmp_path)
    assert texts == DONE
    picture = requests.get(cover, timeout=10)
    assert (picture.status_code, picture.headers["Content-Type"]) == (200, "image/webp")
    volume = requests.get(f"{stack.address}/volumes/slug/barakamon-volume-1-en", timeout=10).json()
    assert f"{stack.address}/files/{volume['cover_path']}" == cover


def test_the_curl_lines_of_the_readme_work_as_printed(stack: Stack, tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = re.findall(r"^curl .*", readme, re.MULTILINE)
    assert len(lines) == 3
    script = "\n".join(lines).replace("http://127.0.0.1:8000", stack.address)
    assert script.count('"password": "..."') == 1
    body = json.dumps({"username": "admin", "password": _password(stack)})
    (tmp_path / "login").write_text(body, encoding="utf-8")
    script = script.replace("""'{"username": "admin", "password": "..."}'""", "@login")
    output = subprocess.run(
        ["bash", "-euc", script],
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

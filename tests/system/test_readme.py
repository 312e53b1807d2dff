"""What the README says, tried: the first session from sign-in to a cover in a browser, and the test command."""

from pathlib import Path

import requests

from deploy.installation.configuration import ROOT
from deploy.stack.stack import Stack
from tests.conftest import PASSWORD
from tests.support.readme import DONE, README, first_session


def test_the_first_session_works_as_printed(stack: Stack, tmp_path: Path) -> None:
    texts, cover = first_session(stack.address, PASSWORD, tmp_path)
    assert texts == DONE
    picture = requests.get(cover, timeout=10)
    assert (picture.status_code, picture.headers["Content-Type"]) == (200, "image/webp")
    volume = requests.get(f"{stack.address}/volumes/slug/barakamon-volume-1-en", timeout=10).json()
    assert f"{stack.address}/files/{volume['cover_path']}" == cover


def test_the_readme_names_the_command_that_ci_runs() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "make lint types test" in README
    assert "make lint types test" in script

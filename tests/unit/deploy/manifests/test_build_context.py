"""Images hold neither secrets nor what only authors use: the build context leaves them out."""

from fnmatch import fnmatch

import pytest

from deploy.installation.configuration import ROOT


def _is_sent(path: str) -> bool:
    """Return whether ``.dockerignore`` lets a file into the build context: its last matching line decides."""
    sent = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.removeprefix("!")
        if pattern and not pattern.startswith("#") and _matches(path, pattern):
            sent = line.startswith("!")
    return sent


def _matches(path: str, pattern: str) -> bool:
    parts = path.split("/")
    folders = ["/".join(parts[: number + 1]) for number in range(len(parts))]
    return any(fnmatch(folder, pattern) for folder in folders)


@pytest.mark.parametrize(
    "path",
    [
        ".git/config",
        "deploy/.env",
        "deploy/demo/fonts/anton.ttf",
        "deploy/maintenance/settings_docs.py",
        "deploy/manifests/.env",
        "deploy/secrets/keys.json",
        "docs/demo.png",
        "shared/__pycache__/settings.cpython-311.pyc",
        "tests/conftest.py",
        "var/secrets",
    ],
)
def test_secrets_and_authors_tools_stay_out(path: str) -> None:
    assert not _is_sent(path)


@pytest.mark.parametrize(
    "path",
    [
        "catalog-service/requirements.txt",
        "deploy/.env.example",
        "deploy/__main__.py",
        "deploy/requirements.txt",
        "gateway/site/pages/guide.md",
        "shared/settings.py",
    ],
)
def test_what_programs_and_commands_need_is_sent(path: str) -> None:
    assert _is_sent(path)

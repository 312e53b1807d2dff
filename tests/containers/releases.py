"""The previous release, from the history of the repository."""

import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from deploy.installation.configuration import ROOT

_SCHEMA = [f"{folder}/migrations" for folder in ("catalog-service", "media-service", "user-service")]


def before() -> str | None:
    """Return the last commit with an older schema; None if no such commit ran in containers.

    ``PREVIOUS`` names another commit.
    """
    named = os.environ.get("PREVIOUS")
    commits = (
        [named] if named else [f"{commit}^" for commit in _git("rev-list", "HEAD", "--", *_SCHEMA).split()]
    )
    today = _migrations("HEAD")
    for commit in commits:
        if (
            _git("ls-tree", "-r", commit, "--", "deploy/manifests/compose.yaml", "deploy/compose.yaml")
            and _migrations(commit) < today
        ):
            return commit
    return None


@contextmanager
def checkout(commit: str) -> Iterator[Path]:
    """Check the files of a commit out into a folder."""
    with tempfile.TemporaryDirectory(prefix="bunko-earlier-") as folder:
        packed = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, capture_output=True).stdout
        with tarfile.open(fileobj=BytesIO(packed)) as archive:
            archive.extractall(folder, filter="data")
        yield Path(folder)


def _migrations(commit: str) -> set[str]:
    return set(_git("ls-tree", "-r", "--name-only", commit, "--", *_SCHEMA).splitlines())


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout

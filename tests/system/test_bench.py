"""The bench in its small form: every part runs and has results; figures are not judged here."""

import os
import subprocess
import tempfile

import pytest

from deploy.installation.configuration import ROOT

_PARTS = ("list", "search", "detail", "writes", "users", "stream", "gateway", "idle", "memory")


@pytest.mark.slow
def test_every_part_of_the_bench_runs_in_small() -> None:
    # Not pytest's folder: another run of pytest makes it unreadable for PostgreSQL's user.
    with tempfile.TemporaryDirectory(prefix="bunko-bench-") as folder:
        run = subprocess.run(
            ["make", "bench", "SMALL=1"],
            cwd=ROOT,
            env=os.environ | {"BENCH_DIR": folder},
            capture_output=True,
            text=True,
            check=False,
        )
    assert run.returncode == 0, run.stderr
    assert [line[3:] for line in run.stdout.splitlines() if line.startswith("## ")] == list(_PARTS)
    for row in (
        "| Flask + ORM ",
        "| Bunko ",
        "two CJK characters",
        "add-volume",
        "requests.request per call",
    ):
        assert row in run.stdout
    assert "Directus takes no part in the small form" in run.stderr

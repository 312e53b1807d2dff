"""A few seconds of ``make soak-outage``: failures without the database, and recovery."""

from pathlib import Path

import pytest

from tests.load.faults.installation import installation
from tests.load.faults.outage import trial
from tests.load.faults.soak.writers import PATIENCE

pytestmark = pytest.mark.slow

SECONDS = 7.0


def test_without_a_database_failures_are_honest_and_nobody_is_logged_out(tmp_path: Path) -> None:
    with installation(tmp_path) as place:
        findings = trial(place, SECONDS, deadline=PATIENCE)
    assert not findings.wrong, findings.table()
    for answers in findings.answers.values():
        assert answers["503"], findings.table()

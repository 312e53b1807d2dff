"""Two minutes of the soak: every kind of fault under writers; ``make soak`` runs for half an hour."""

from pathlib import Path

import pytest

from tests.load.faults.installation import installation
from tests.load.faults.soak.trial import Trial, table
from tests.load.faults.soak.writers import PATIENCE

pytestmark = pytest.mark.slow

SECONDS = 120.0


def test_no_trouble_loses_or_doubles_what_was_acknowledged(tmp_path: Path) -> None:
    with installation(tmp_path) as place:
        trial = Trial(place, per_second=40, longest=1.5, deadline=PATIENCE)
        findings = trial.run(SECONDS, print)
    assert not findings.wrong, table(findings)
    assert findings.outcomes["acknowledged"]
    assert findings.compared

"""A few seconds of ``make soak-orders``."""

import time

import pytest

from tests.load.faults.orders import trial
from tests.system.cluster.conftest import Cluster

pytestmark = pytest.mark.slow

SECONDS = 8


def test_many_who_rearrange_one_catalogue_leave_it_in_order(cluster: Cluster) -> None:
    until = time.monotonic() + SECONDS
    findings = trial(cluster.stack, cluster.admins(), lambda _: time.monotonic() < until, lambda: None)
    assert (findings.wrong, findings.retries) == ([], 0)
    assert findings.answers.keys() <= {200, 400, 404, 409, 503}, (
        findings.failures
    )  # 503 if the machine stalls
    assert findings.answers[200], findings.told()

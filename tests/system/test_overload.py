"""A second of ``make soak-overload``, without its limits on latency."""

import asyncio

import pytest

from deploy.stack.stack import Stack
from tests.load.faults.overload import load_of, trial
from tests.support.client import Client

HONEST = {200, 503}


@pytest.mark.slow
def test_too_many_requests_and_slow_clients_are_answered_or_refused(stack: Stack, admin: Client) -> None:
    findings = asyncio.run(trial(load_of(stack), 1.0))
    for answers in (findings.flood, findings.alone, findings.beside):
        assert answers.took.keys() <= HONEST, findings.table()
        assert answers.took[200], findings.table()
    assert admin.ask("GET", "/auth/me").status_code == 200

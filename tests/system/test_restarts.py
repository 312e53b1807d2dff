"""Every program is restarted under traffic; ``python -m tests.load.faults.restarts`` does so fifty times."""

import tempfile
from collections.abc import Iterator

import pytest
import requests

from deploy.stack.stack import Stack
from deploy.user_error import UserError
from tests.load.faults.traffic import Traffic
from tests.support.accounts import ADMIN_PASSWORD
from tests.support.client import Client
from tests.support.covered_volumes import settings_of

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def own() -> Iterator[Stack]:
    """A separate running system, as this one is restarted."""
    with tempfile.TemporaryDirectory(prefix="bunko-") as folder, Stack(settings_of(folder)) as running:
        yield running


def test_a_restart_of_every_program_loses_and_doubles_nothing(own: Stack) -> None:
    traffic = Traffic(Client(own.address).sign_in("admin", ADMIN_PASSWORD), per_second=200)
    before = own.pids
    with traffic.flowing():
        own.restart()
    after = own.pids
    assert {name for name in before if before[name] == after[name]} == {"postgres"}
    assert traffic.failures == []
    assert traffic.wrong() == []
    assert traffic.answered


def test_a_program_that_cannot_start_anew_goes_on_as_it_is(
    own: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = own.pids
    monkeypatch.setitem(own._settings, "media", own.settings("media") | {"THREADS": "two"})
    with pytest.raises(UserError, match="media could not restart"):
        own.restart()
    assert own.pids["media"] == before["media"]
    assert requests.get(own.service_url("media") + "/health/ready", timeout=30).status_code == 200

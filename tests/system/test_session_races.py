"""Session races over two gateways: a few of those of ``python -m tests.load.soak``."""

from collections.abc import Iterator

import pytest

from deploy.stack.stack import Stack
from tests.load.soak import passwords, revocation, rotation
from tests.support.accounts import ADMIN_PASSWORD, ADMINISTRATOR
from tests.support.client import Client
from tests.support.programs import program


@pytest.fixture(scope="module")
def gateways(stack: Stack) -> Iterator[tuple[str, str]]:
    with program(stack, "gateway") as other:
        yield stack.address, other


def test_what_is_taken_away_counts_from_the_next_request_on_every_gateway(
    stack: Stack, gateways: tuple[str, str]
) -> None:
    """Two rounds of each way, so that each gateway revokes once."""
    own = Client(stack.address).sign_in(ADMINISTRATOR, ADMIN_PASSWORD)
    assert revocation.trials(gateways, own, 2 * len(revocation.WAYS)) == []


def test_a_hundred_refreshes_at_once_make_one_successor_and_log_nobody_out(
    stack: Stack, gateways: tuple[str, str]
) -> None:
    assert rotation.rounds(stack, gateways, 3) == []


def test_no_cookie_outlives_the_password_that_it_was_got_with(stack: Stack) -> None:
    with passwords.hasty_gateways(stack) as hasty:
        assert passwords.races(hasty, 8) == []

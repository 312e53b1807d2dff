"""Races between sweepers and attachments of pictures: a few of those of ``make soak-sweeping``."""

from deploy.stack.stack import Stack
from tests.load.soak.sweeping.races import races
from tests.support.client import Client


def test_a_sweeper_never_deletes_what_was_attached_and_always_what_was_not(
    stack: Stack, admin: Client
) -> None:
    outcome = races(stack, admin, 160)
    assert outcome.wrong == []
    assert outcome.attached
    assert outcome.refused

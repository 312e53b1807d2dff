"""A gateway before played programs, for tests of the gateway alone."""

from collections.abc import Iterator

import pytest

from deploy.running.stack import Stack
from tests.client import Client
from tests.door import Door, Opening


@pytest.fixture(scope="session")
def opening(stack: Stack) -> Iterator[Opening]:
    """Starts further gateways, on the database of the running system."""
    with Opening(stack) as starts:
        yield starts


@pytest.fixture(scope="session")
def shared_door(opening: Opening) -> Door:
    return opening.open(MAX_BODY="6000000", SERVICE_SECONDS="1", NODE_SECONDS="1")


@pytest.fixture
def door(shared_door: Door) -> Door:
    """A gateway, as it is without special settings but for short patience; what was played before is forgotten."""
    for program in shared_door.services.values():
        program.asked.clear()
        program.answers.clear()
    shared_door.nodes_file.write_text("")
    return shared_door


@pytest.fixture
def cookie(member: Client) -> dict[str, str]:
    """The session cookie of somebody who has just registered."""
    return {"refreshToken": member.session.cookies["refreshToken"]}

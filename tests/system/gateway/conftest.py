"""A gateway in front of stub services, for tests of the gateway alone."""

from collections.abc import Iterator

import pytest

from deploy.stack.stack import Stack
from tests.support.client import Client
from tests.support.gateway_harness import GatewayHarness, HarnessFactory


@pytest.fixture(scope="session")
def opening(stack: Stack) -> Iterator[HarnessFactory]:
    """A factory of gateways on the database of the running system."""
    with HarnessFactory(stack) as starts:
        yield starts


@pytest.fixture(scope="session")
def shared_door(opening: HarnessFactory) -> GatewayHarness:
    return opening.open(MAX_BODY="6000000", SERVICE_SECONDS="1", NODE_SECONDS="1")


@pytest.fixture
def door(shared_door: GatewayHarness) -> GatewayHarness:
    """A gateway with default settings and short timeouts; earlier requests and responders are cleared."""
    for program in shared_door.services.values():
        program.requests.clear()
        program.responder.clear()
    shared_door.nodes_file.write_text("")
    return shared_door


@pytest.fixture
def cookie(member: Client) -> dict[str, str]:
    """The session cookie of a new account."""
    return {"refreshToken": member.session.cookies["refreshToken"]}

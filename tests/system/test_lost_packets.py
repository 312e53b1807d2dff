"""Machines that vanish silently, and packet loss: failures that a kernel does not report for hours."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from deploy.stack.stack import Stack
from shared.postgres.wait_timeout import RESPONSE_SECONDS
from tests.load.faults.failures import MARGIN, SERIES, add, check_failure, seen_through
from tests.load.faults.packets import lost, needs_iptables
from tests.load.faults.proxy import before_database, through
from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.overlap import at_once
from tests.support.programs import program
from tests.support.waiting import wait_until

pytestmark = [needs_iptables, pytest.mark.slow]

SECONDS = 15
"""Seconds that the gateway waits for a service by default."""
WRITERS = 6


@dataclass(frozen=True)
class Ways:
    """A gateway for the test, with the ports on which it reaches a catalog service, and that service PostgreSQL."""

    gateway: str
    service: int
    database: int


@pytest.fixture(scope="module")
def ways(stack: Stack) -> Iterator[Ways]:
    url = stack.database_url("catalog")
    with (
        before_database(url) as database,
        program(stack, "catalog", DATABASE_URL=through(database, url)) as catalog,
    ):
        upstreams = json.loads(stack.settings("gateway")["UPSTREAMS"]) | {"catalog": catalog}
        with program(stack, "gateway", UPSTREAMS=json.dumps(upstreams)) as gateway:
            yield Ways(gateway, urlsplit(catalog).port or 0, database.port)


@pytest.fixture
def visitor(ways: Ways, admin: Client) -> Iterator[Client]:
    """The administrator, on these connections, whose faults are reset afterwards."""
    client = seen_through(ways.gateway, admin)
    assert client.ask("GET", SERIES).status_code == 200
    yield client
    wait_until(lambda: client.ask("GET", SERIES).status_code == 200)


def test_where_the_database_vanished_a_service_says_so_itself(
    ways: Ways, visitor: Client, catalogue: Catalogue
) -> None:
    with lost(ways.database):
        check_failure(visitor.ask("GET", SERIES), 503, within=RESPONSE_SECONDS + MARGIN)
        check_failure(add(visitor, catalogue, "Lost"), 503, within=RESPONSE_SECONDS + MARGIN)
        assert visitor.ask("GET", "/auth/me").status_code == 200
    wait_until(lambda: add(visitor, catalogue, "Kept").status_code == 200)
    assert "Lost" not in catalogue.names()


def test_where_a_service_vanished_the_others_go_on(ways: Ways, visitor: Client, catalogue: Catalogue) -> None:
    with lost(ways.service):
        check_failure(visitor.ask("GET", SERIES), 503, 504, within=SECONDS + MARGIN)
        check_failure(add(visitor, catalogue, "Lost"), 503, 504, within=SECONDS + MARGIN)
        assert visitor.ask("GET", "/auth/me").status_code == 200


def test_on_a_network_that_loses_packets_every_change_is_made_once(
    ways: Ways, visitor: Client, catalogue: Catalogue
) -> None:
    """TCP retransmits lost packets; if that exceeds the timeout, a change must not be sent twice."""
    names = [f"Series {number}" for number in range(8 * WRITERS)]
    told: dict[str, int] = {}

    def write(first: int) -> None:
        client = seen_through(ways.gateway, visitor)
        for name in names[first::WRITERS]:
            answer = add(client, catalogue, name)
            told[name] = answer.status_code
            if answer.status_code != 200:
                check_failure(answer, 503, 504, within=SECONDS + MARGIN)

    with lost(ways.service, 0.15), lost(ways.database, 0.15):
        at_once([lambda first=first: write(first) for first in range(WRITERS)])  # type: ignore[misc]
    found = catalogue.names(limit=100)
    assert len(found) == len(set(found))
    acknowledged = {name for name, status in told.items() if status == 200}
    assert acknowledged
    assert acknowledged <= set(found)

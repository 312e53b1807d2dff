"""An installation with two gateways, two nodes of each service and two file nodes."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from deploy.stack.stack import Stack
from tests.support.accounts import ADMIN_PASSWORD
from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.covered_volumes import settings_of
from tests.support.log_record import LogRecord
from tests.support.programs import program


@dataclass(frozen=True)
class Cluster:
    """A running installation and its two gateways."""

    stack: Stack
    gateways: tuple[str, str]
    log: LogRecord

    def admins(self) -> list[Client]:
        """Return the administrator at each gateway, each on its own connection."""
        first = Client(self.gateways[0]).sign_in("admin", ADMIN_PASSWORD)
        return [first, at(first, self.gateways[1])]

    def catalogue(self) -> Catalogue:
        """An empty catalogue, edited over the first gateway."""
        return Catalogue(self.admins()[0])


def at(client: Client, gateway: str) -> Client:
    """Return a client with the same cookie at another gateway."""
    other = Client(gateway)
    other.session.cookies.update(client.session.cookies)
    other.user = client.user
    return other


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Two of each."""
    with tempfile.TemporaryDirectory(prefix="bunko-") as folder:
        log = LogRecord()
        two = {"SERVICE_NODES": "2", "FILE_NODES": "2"}
        with Stack(settings_of(folder) | two, log=log) as stack, program(stack, "gateway") as second:
            yield Cluster(stack, (stack.address, second), log)

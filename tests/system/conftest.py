"""Fixtures for system tests only: the database as its owner, and services past the gateway."""

import json
import tempfile
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine, make_url

from deploy.stack.stack import Stack
from files.decoding.limits import Limits
from files.decoding.parent import Decoders
from tests.load.fuzzing.api.running import furnish
from tests.support.internal_client import Program
from tests.support.rendering import MEGAPIXELS


@pytest.fixture(scope="session")
def owner(stack: Stack) -> Iterator[Engine]:
    """The database, as its owner."""
    engine = create_engine(make_url(stack.admin_database_url).set(drivername="postgresql+psycopg2"))
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def catalog(stack: Stack) -> Program:
    """The running catalog service, called without the gateway."""
    keys = json.loads(stack.settings("catalog")["TOKEN_KEYS"])
    return Program("catalog", stack.service_url("catalog"), keys)


@pytest.fixture(scope="session")
def decoders() -> Decoders:
    """The decoding children of a file node, without the node."""
    return Decoders(Limits(pixels=MEGAPIXELS))


@pytest.fixture(scope="session")
def expendable() -> Iterator[Stack]:
    """A system for destructive tests: their requests log out, rename and delete users."""
    with tempfile.TemporaryDirectory(prefix="bunko-expendable-") as folder:
        environment = {"STATE_DIR": folder, "GATEWAY_PORT": "0", "RATE_LIMITS": "off", "SWEEP_SECONDS": "1"}
        with Stack(environment) as running:
            furnish(running)
            yield running

"""Storage of both kinds. moto's server stands in for S3."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.installation import keys
from deploy.postgresql import bootstrap, migrations
from deploy.stack.stack import Stack
from files.store.storage import Storage
from files.store.storage_url import storage_at
from tests.support.accounts import ADMIN_PASSWORD
from tests.support.client import Client
from tests.support.covered_volumes import CoveredVolume, settings_of
from tests.support.ledger_fixture import LedgerFixture, own_database
from tests.support.s3 import CREDENTIALS, S3, running_s3


@pytest.fixture(scope="session")
def s3() -> Iterator[S3]:
    """An S3 store: moto's server in its own process."""
    with running_s3() as store, pytest.MonkeyPatch.context() as environment:
        for name, value in CREDENTIALS.items():
            environment.setenv(name, value)
        yield store


@pytest.fixture(params=["folder", "bucket"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of empty storage, of each kind."""
    if request.param == "folder":
        return (tmp_path / "storage").as_uri()
    store: S3 = request.getfixturevalue("s3")
    store.door.pass_on()
    return store.url()


@pytest.fixture
def storage(url: str) -> Storage:
    """Empty storage, of each kind."""
    return storage_at(url)


@pytest.fixture(scope="session")
def bucket(s3: S3) -> str:
    """The URL of the bucket for the pictures of a whole system."""
    return s3.url()


@pytest.fixture(scope="session")
def on_s3(s3: S3, bucket: str) -> Iterator[Stack]:
    """A running system whose pictures are in a bucket."""
    with (
        tempfile.TemporaryDirectory(prefix="bunko-") as folder,
        Stack(settings_of(folder) | CREDENTIALS | {"STORAGE_URL": bucket}) as running,
    ):
        yield running


@pytest.fixture
def shelf(on_s3: Stack, s3: S3) -> CoveredVolume:
    """A new volume in that system, for its administrator."""
    s3.door.pass_on()
    return CoveredVolume.of(Client(on_s3.address).sign_in("admin", ADMIN_PASSWORD))


@pytest.fixture(scope="session")
def ledgers_alone(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> LedgerFixture:
    """A database with the schemas that no program uses."""
    folder = tmp_path_factory.mktemp("archive")
    url = own_database(stack.admin_database_url, "archive")
    bootstrap.prepare(url, keys.load(folder / "secrets"))
    migrations.migrate(url)
    return LedgerFixture(url, folder)


@pytest.fixture
def archive(ledgers_alone: LedgerFixture, tmp_path: Path) -> Iterator[LedgerFixture]:
    """Empty ledgers, and a state folder for the test."""
    yield LedgerFixture(ledgers_alone.database, tmp_path / "var")
    ledgers_alone.clear()


@pytest.fixture
def other_url(request: pytest.FixtureRequest, url: str, tmp_path: Path) -> str:
    """The URL of empty storage of the other kind."""
    if url.startswith("s3:"):
        return (tmp_path / "other").as_uri()
    store: S3 = request.getfixturevalue("s3")
    store.door.pass_on()
    return store.url("moved/here")


@pytest.fixture
def other(other_url: str) -> Storage:
    """Empty storage of the other kind."""
    return storage_at(other_url)

"""One running Bunko for all tests: the programs that ``make up`` starts, on a PostgreSQL of its own."""

import secrets
import tempfile
from collections.abc import Iterator

import pytest

from deploy.stack.stack import Stack
from tests.support.accounts import ADMIN_PASSWORD, ADMINISTRATOR
from tests.support.catalogue import Catalogue
from tests.support.client import Client

PASSWORD = ADMIN_PASSWORD


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "slow: takes some 10 s or more on two cores; leave out with -m 'not slow'"
    )


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The running system, with rate limits: every test client has its own network address."""
    with tempfile.TemporaryDirectory(prefix="bunko-") as folder:
        environment = {
            "STATE_DIR": folder,
            "GATEWAY_PORT": "0",
            "ADMIN_USERNAME": ADMINISTRATOR,
            "ADMIN_PASSWORD": ADMIN_PASSWORD,
            "TRUSTED_PROXIES": "1",
            "SWEEP_SECONDS": "1",
        }
        with Stack(environment) as running:
            yield running


@pytest.fixture
def anonymous(stack: Stack) -> Client:
    """A client that is not signed in."""
    return Client(stack.address)


@pytest.fixture(scope="session")
def admin(stack: Stack) -> Client:
    """The first administrator, signed in. Tests must leave the account as it is."""
    return Client(stack.address).sign_in(ADMINISTRATOR, ADMIN_PASSWORD)


@pytest.fixture
def member(stack: Stack) -> Client:
    """A client signed in with a new account."""
    return Client(stack.address).register(f"member-{secrets.token_hex(6)}")


@pytest.fixture(scope="session")
def powerless(stack: Stack, admin: Client) -> Client:
    """A client signed in with an account that has no role, and so no permission."""
    client = Client(stack.address).register(f"powerless-{secrets.token_hex(6)}")
    _change_roles(admin, client, removed=["Member"])
    return client


@pytest.fixture(scope="session")
def editor(stack: Stack, admin: Client) -> Client:
    """A client signed in with an account that has the role Editor."""
    client = Client(stack.address).register(f"editor-{secrets.token_hex(6)}")
    _change_roles(admin, client, added=["Editor"])
    return client


@pytest.fixture
def catalogue(admin: Client) -> Catalogue:
    """An empty catalogue that no other test uses."""
    return Catalogue(admin)


@pytest.fixture
def series(catalogue: Catalogue) -> int:
    """The id of a series in the catalogue."""
    return catalogue.series()


@pytest.fixture
def group(catalogue: Catalogue, series: int) -> int:
    """The id of a volume group of the series."""
    return catalogue.group(series)


@pytest.fixture
def volume(catalogue: Catalogue, group: int) -> int:
    """The id of a public volume in the group."""
    return catalogue.volume(group)


@pytest.fixture(scope="session")
def role_ids(admin: Client) -> dict[str, int]:
    """The id of each role, by name."""
    return {role["name"]: role["id"] for role in admin.get("/admin-roles")}


def _change_roles(
    admin: Client, client: Client, *, added: list[str] | None = None, removed: list[str] | None = None
) -> None:
    ids = {role["name"]: role["id"] for role in admin.get("/admin-roles")}
    admin.post(
        f"/admin-users/edit/{client.user['id']}",
        username=client.user["username"],
        added_roles=[ids[name] for name in added or []],
        removed_roles=[ids[name] for name in removed or []],
    )

"""One running Bunko for all tests: the very programs that ``make up`` starts, on a PostgreSQL of its own."""

import secrets
import tempfile
from collections.abc import Iterator

import pytest

from deploy.stack.stack import Stack
from tests.support.catalogue import Catalogue
from tests.support.client import Client

ADMINISTRATOR, PASSWORD = "admin", "an administrator's password"


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The running system. Rate limits hold: every test client has a network address of its own."""
    with tempfile.TemporaryDirectory(prefix="bunko-") as folder:
        environment = {
            "STATE_DIR": folder,
            "GATEWAY_PORT": "0",
            "ADMIN_USERNAME": ADMINISTRATOR,
            "ADMIN_PASSWORD": PASSWORD,
            "TRUSTED_PROXIES": "1",
            "SWEEP_SECONDS": "1",
        }
        with Stack(environment) as running:
            yield running


@pytest.fixture
def anonymous(stack: Stack) -> Client:
    """Somebody who has not signed in, at an address of their own."""
    return Client(stack.address)


@pytest.fixture(scope="session")
def admin(stack: Stack) -> Client:
    """The first administrator, signed in. Tests must leave the account as it is."""
    return Client(stack.address).sign_in(ADMINISTRATOR, PASSWORD)


@pytest.fixture
def member(stack: Stack) -> Client:
    """Somebody who has just registered."""
    return Client(stack.address).register(f"member-{secrets.token_hex(6)}")


@pytest.fixture(scope="session")
def powerless(stack: Stack, admin: Client) -> Client:
    """Somebody who is signed in and may do nothing: without any role."""
    client = Client(stack.address).register(f"powerless-{secrets.token_hex(6)}")
    _change_roles(admin, client, removed=["Member"])
    return client


@pytest.fixture(scope="session")
def editor(stack: Stack, admin: Client) -> Client:
    """Somebody with the role Editor."""
    client = Client(stack.address).register(f"editor-{secrets.token_hex(6)}")
    _change_roles(admin, client, added=["Editor"])
    return client


@pytest.fixture
def catalogue(admin: Client) -> Catalogue:
    """An empty catalogue that no other test sees."""
    return Catalogue(admin)


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

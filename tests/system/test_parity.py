"""File routes stand twice: served by file nodes, refused by the service that owns the subject."""

from collections.abc import Iterator

import pytest
import requests

from catalog.app import PAGES as CATALOG
from deploy.running.stack import Stack
from files.app import PAGES as FILES
from media.app import PAGES as MEDIA
from shared.api import Api, Route
from users.app import PAGES as USERS

OWNERS = {"catalog": CATALOG, "media": MEDIA, "users": USERS}
REFUSAL = {"data": "This service is not handling file uploads.", "code": 503}

SPECIFIED = {
    ("POST", "/admin-volumes/update-image/<id>/<type>", "edit-volumes"),
    ("DELETE", "/admin-volumes/delete-image/<id>/<type>", "edit-volumes"),
    ("POST", "/media/add", "add-media"),
    ("DELETE", "/media/delete/<id>", "delete-media"),
    ("POST", "/user/update-image/<id>", "login"),
    ("DELETE", "/user/delete-image/<id>", "login"),
}
"""The six file routes of the documentation."""


def _routes(pages: tuple[Api, ...]) -> Iterator[Route]:
    return (route for page in pages for route in page.routes)


def _contract(route: Route) -> tuple[str, str, str | None]:
    return route.method, route.address, route.needs


SERVED = {_contract(route) for route in _routes(FILES)}
REFUSED = [
    (owner, route) for owner, pages in OWNERS.items() for route in _routes(pages) if route.function is None
]


def test_every_file_route_stands_in_both_places_with_one_permission() -> None:
    assert {_contract(route) for _, route in REFUSED} == SERVED
    assert SERVED >= SPECIFIED


@pytest.mark.parametrize(
    ("owner", "route"), REFUSED, ids=lambda value: value.address if isinstance(value, Route) else str(value)
)
def test_the_owner_refuses_a_file_route_whoever_asks(owner: str, route: Route, stack: Stack) -> None:
    """Straight at the service, without an identity: before authentication, before the body."""
    path = route.address.replace("<id>", "x").replace("<type>", "x").replace("<res>", "x")
    path = path.replace("<path:path>", "x/y")
    answer = requests.request(route.method, stack.service_url(owner) + path, data="{", timeout=10)
    assert (answer.status_code, answer.json()) == (503, REFUSAL)

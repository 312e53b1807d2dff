"""File routes are declared twice: served by file nodes, and refused by the owning service."""

import re
from collections.abc import Iterator

import pytest
import requests

from catalog.app import PAGES as CATALOG
from deploy.stack.stack import Stack
from files.app import PAGES as FILES
from media.app import PAGES as MEDIA
from shared.web.routes import Api, Route
from users.app import PAGES as USERS

OWNERS = {"catalog": CATALOG, "media": MEDIA, "users": USERS}
REFUSAL = {"data": "This service is not handling file uploads.", "code": 503}
WRONG_METHOD = {"data": "Method not allowed", "code": 405}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND")

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
    return route.method, route.full_path, route.permission


SERVED = {_contract(route) for route in _routes(FILES)}
REFUSED = [
    (owner, route) for owner, pages in OWNERS.items() for route in _routes(pages) if route.function is None
]


def test_every_file_route_stands_in_both_places_with_one_permission() -> None:
    assert {_contract(route) for _, route in REFUSED} == SERVED
    assert SERVED >= SPECIFIED


def _path(route: Route) -> str:
    return re.sub("<.+?>", "x", route.full_path)


@pytest.mark.parametrize(
    ("owner", "route"), REFUSED, ids=lambda value: value.full_path if isinstance(value, Route) else str(value)
)
def test_the_owner_refuses_a_file_route_whoever_asks(owner: str, route: Route, stack: Stack) -> None:
    """Directly at the service, without an identity: before authentication and before the body."""
    for path in (_path(route), _path(route) + "/", _path(route) + "?crop=%00"):
        answer = requests.request(route.method, stack.service_url(owner) + path, data="{", timeout=10)
        assert (answer.status_code, answer.json()) == (503, REFUSAL), path


@pytest.mark.parametrize("owner", OWNERS)
@pytest.mark.parametrize("end", ["", "/"])
def test_a_file_route_has_its_methods_and_no_other_at_its_owner(owner: str, end: str, stack: Stack) -> None:
    """All others are wrong methods of a known path; HEAD is handled like GET."""
    with requests.Session() as session:
        for path, methods in _methods(owner).items():
            for method in METHODS:
                answer = session.request(method, stack.service_url(owner) + path + end, timeout=10)
                expected = REFUSAL if method in methods else WRONG_METHOD
                assert answer.status_code == expected["code"], (method, path)
                assert method == "HEAD" or answer.json() == expected
                assert method in methods or set(answer.headers["Allow"].split(", ")) == methods


def _methods(owner: str) -> dict[str, set[str]]:
    """Return the methods of each file path; GET implies HEAD."""
    found: dict[str, set[str]] = {}
    for route in (route for whose, route in REFUSED if whose == owner):
        also = {"HEAD"} if route.method == "GET" else set()
        found[_path(route)] = found.get(_path(route), set()) | {route.method} | also
    return found

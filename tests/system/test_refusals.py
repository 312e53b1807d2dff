"""Every route refuses anonymous clients, missing permissions, bad ids and missing fields.

The requests are made from the declarations, so a new route is covered at once.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from shared.web.routes import LOGIN, Route
from shared.web.service import addresses
from tests.support.client import Client
from tests.support.errors import FORBIDDEN, INVALID, MISSING, UNAUTHORIZED
from tests.support.route_requests import PAGES, ROUTES, body_of, ids_of, path_of, query_of, required_query

GUARDED = [route for route in ROUTES if route.permission is not None]
PERMITTED = [route for route in GUARDED if route.permission != LOGIN]


def _name(value: Any) -> str:
    return f"{value.method} {value.full_path}" if isinstance(value, Route) else str(value)


def _with_ids() -> Iterator[tuple[Route, str]]:
    return ((route, name) for route in ROUTES for name in ids_of(route))


def _with_required_fields() -> Iterator[tuple[Route, str]]:
    for route in ROUTES:
        if route.signature.body is not None:
            for spellings in route.signature.body.required:
                yield route, spellings[0]


def _with_required_parameters() -> Iterator[tuple[Route, str]]:
    return ((route, name) for route in ROUTES for name in required_query(route))


def _without_last_part() -> Iterator[tuple[Route, str]]:
    """Yield (route, path) where the path lacks its id and no other route of the method has that path."""
    for pages in PAGES:
        known = addresses(pages)
        for (method, address), route in known.items():
            lacks_id = (
                route in ROUTES and ids_of(route) and (method, address) != (route.method, route.full_path)
            )
            if lacks_id and "<" not in address and "//" not in address:
                yield route, address


@pytest.mark.parametrize("route", GUARDED, ids=_name)
def test_nobody_is_refused_with_401(route: Route, anonymous: Client) -> None:
    answer = anonymous.refused(route.method, path_of(route), params=query_of(route), json=body_of(route))
    assert answer == UNAUTHORIZED


@pytest.mark.parametrize("route", PERMITTED, ids=_name)
def test_without_the_permission_it_is_403(route: Route, powerless: Client) -> None:
    answer = powerless.refused(route.method, path_of(route), params=query_of(route), json=body_of(route))
    assert answer == FORBIDDEN


def test_each_role_reaches_exactly_the_routes_of_its_permissions(member: Client, editor: Client) -> None:
    """Members and Editors, with ids and bodies that are refused once the permission has been checked."""
    for client in (member, editor):
        held = client.get("/auth/me")["user"]["permissions"]
        for route in PERMITTED:
            path = path_of(route, **dict.fromkeys(ids_of(route), "x"))
            body: dict[str, Any] = {} if route.method == "GET" else {"json": []}
            answer = client.ask(route.method, path, params=query_of(route), **body)
            assert (answer.status_code == 403) is (route.permission not in held), (route.full_path, held)


@pytest.mark.parametrize(("route", "part"), list(_with_ids()), ids=_name)
@pytest.mark.parametrize("bad", ["abc", "0", "-1", "1.0", "9007199254740992"])
def test_a_bad_id_is_a_400(route: Route, part: str, bad: str, admin: Client) -> None:
    path = path_of(route, **{part: bad})
    answer = admin.ask(route.method, path, params=query_of(route), json=body_of(route) or None)
    assert (answer.status_code, answer.json()["data"]) == INVALID
    assert part in answer.json()["errors"]


@pytest.mark.parametrize(("route", "field"), list(_with_required_fields()), ids=_name)
@pytest.mark.parametrize("absent", [None, "", "  ", ...], ids=["null", "empty", "blank", "left-out"])
def test_a_missing_field_is_a_400(route: Route, field: str, absent: Any, admin: Client) -> None:
    body = {name: value for name, value in body_of(route).items() if name != field}
    if absent is not ...:
        body[field] = absent
    answer = admin.ask(route.method, path_of(route), params=query_of(route), json=body)
    assert (answer.status_code, answer.json()["data"]) == MISSING
    assert field in answer.json()["errors"]


@pytest.mark.parametrize(("route", "parameter"), list(_with_required_parameters()), ids=_name)
@pytest.mark.parametrize("query", ["", "{}=", "{}=%20"], ids=["left-out", "empty", "blank"])
def test_a_missing_query_parameter_is_a_400(route: Route, parameter: str, query: str, admin: Client) -> None:
    answer = admin.ask(route.method, path_of(route) + "?" + query.format(parameter))
    assert (answer.status_code, answer.json()["data"]) == MISSING
    assert parameter in answer.json()["errors"]


@pytest.mark.parametrize(("route", "path"), list(_without_last_part()), ids=_name)
@pytest.mark.parametrize("slash", ["", "/"], ids=["bare", "slash"])
def test_a_path_without_its_parts_is_a_400(route: Route, path: str, slash: str, admin: Client) -> None:
    answer = admin.refused(route.method, path + slash, params=query_of(route), json=body_of(route))
    assert answer == MISSING


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "Cross-Site"},
        {"Sec-Fetch-Site": "something-new"},
        {"Sec-Fetch-Site": "same-origin, cross-site"},
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "http://127.0.0.1.evil.example"},
        {"Origin": "https://evil.example", "Sec-Fetch-Mode": "no-cors"},
    ],
    ids=str,
)
def test_no_foreign_page_changes_anything(headers: dict[str, str], admin: Client) -> None:
    """The origin is checked first, before the cookie."""
    unsafe = [route for route in ROUTES if route.method != "GET"]
    assert len(unsafe) > 30
    answers = {
        f"{route.method} {route.full_path}": admin.refused(
            route.method, path_of(route), headers=headers, params=query_of(route), json=body_of(route)
        )
        for route in unsafe
    }
    assert set(answers.values()) == {FORBIDDEN}
    readable = admin.ask("GET", "/auth/me", headers=headers).headers
    assert not [name for name in readable if name.startswith("Access-Control-")]


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS", "PUT"])
@pytest.mark.parametrize(
    "path", ["/auth/me", "/nothing", "/volumes/..", "/media/add", "/volumes/cover/1/front", "/docs"]
)
def test_every_answer_protects_itself(method: str, path: str, anonymous: Client) -> None:
    answer = anonymous.ask(method, path)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Cache-Control" in answer.headers
    assert "Werkzeug" not in answer.headers.get("Server", "")

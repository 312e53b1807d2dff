"""Every route asked wrongly: as nobody, without its permission, with a bad id, with each field missing.

The questions are made from the declarations, so a route added tomorrow is asked too.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import TypeAdapter

from catalog.app import PAGES as CATALOG
from files.app import PAGES as FILES
from media.app import PAGES as MEDIA
from shared.fields.values import Id
from shared.web.openapi import example
from shared.web.routes import LOGIN, Api, Route
from shared.web.service import addresses
from tests.support.client import Client
from users.app import PAGES as USERS

MISSING, INVALID = "Required parameters missing", "Invalid parameters"


def _public(pages: tuple[Api, ...]) -> Iterator[Route]:
    return (route for page in pages for route in page.routes if page.caller == "gateway" and route.function)


ROUTES = [route for pages in (CATALOG, MEDIA, USERS, FILES) for route in _public(pages)]
GUARDED = [route for route in ROUTES if route.permission is not None]
PERMITTED = [route for route in GUARDED if route.permission != LOGIN]


def _name(value: Any) -> str:
    return f"{value.method} {value.full_path}" if isinstance(value, Route) else str(value)


def _path(route: Route, **parts: str) -> str:
    """A usable path of the route, with some of its parts replaced."""
    path = route.full_path
    for name, part in route.signature.parts.items():
        schema = part.adapter.json_schema()
        path = path.replace(f"<{name}>", parts.get(name, str(example(schema, {}))))
    return path


def _body(route: Route) -> dict[str, Any]:
    """A usable body of the route."""
    if route.signature.body is None:
        return {}
    schema = TypeAdapter(route.signature.body.model).json_schema()
    value: dict[str, Any] = example(schema, schema.get("$defs", {}))
    return value


def _query(route: Route) -> dict[str, Any]:
    return dict.fromkeys(_required_query(route), 1)


def _required_query(route: Route) -> list[str]:
    fields = route.signature.query.model.model_fields if route.signature.query else {}
    return [field.alias or name for name, field in fields.items() if field.is_required()]


def _ids(route: Route) -> list[str]:
    return [name for name in route.signature.parts if route.signature.annotations[name] == Id]


def _with_ids() -> Iterator[tuple[Route, str]]:
    return ((route, name) for route in ROUTES for name in _ids(route))


def _with_required_fields() -> Iterator[tuple[Route, str]]:
    for route in ROUTES:
        if route.signature.body is not None:
            for spellings in route.signature.body.required:
                yield route, spellings[0]


def _with_required_parameters() -> Iterator[tuple[Route, str]]:
    return ((route, name) for route in ROUTES for name in _required_query(route))


def _without_last_part() -> Iterator[tuple[Route, str]]:
    """(route, path) where the path's id is missing and no other route of the method stands there."""
    for pages in (CATALOG, MEDIA, USERS, FILES):
        known = addresses(pages)
        for (method, address), route in known.items():
            lacks_id = (
                route in ROUTES and _ids(route) and (method, address) != (route.method, route.full_path)
            )
            if lacks_id and "<" not in address and "//" not in address:
                yield route, address


@pytest.mark.parametrize("route", GUARDED, ids=_name)
def test_nobody_is_refused_with_401(route: Route, anonymous: Client) -> None:
    answer = anonymous.refused(route.method, _path(route), params=_query(route), json=_body(route))
    assert answer == (401, "Unauthorized")


@pytest.mark.parametrize("route", PERMITTED, ids=_name)
def test_without_the_permission_it_is_403(route: Route, powerless: Client) -> None:
    answer = powerless.refused(route.method, _path(route), params=_query(route), json=_body(route))
    assert answer == (403, "Forbidden")


@pytest.mark.parametrize(("route", "part"), list(_with_ids()), ids=_name)
@pytest.mark.parametrize("bad", ["abc", "0", "-1", "1.0", "9007199254740992"])
def test_a_bad_id_is_a_400(route: Route, part: str, bad: str, admin: Client) -> None:
    path = _path(route, **{part: bad})
    answer = admin.ask(route.method, path, params=_query(route), json=_body(route) or None)
    assert (answer.status_code, answer.json()["data"]) == (400, INVALID)
    assert part in answer.json()["errors"]


@pytest.mark.parametrize(("route", "field"), list(_with_required_fields()), ids=_name)
@pytest.mark.parametrize("absent", [None, "", "  ", ...], ids=["null", "empty", "blank", "left-out"])
def test_a_missing_field_is_a_400(route: Route, field: str, absent: Any, admin: Client) -> None:
    body = {name: value for name, value in _body(route).items() if name != field}
    if absent is not ...:
        body[field] = absent
    answer = admin.ask(route.method, _path(route), params=_query(route), json=body)
    assert (answer.status_code, answer.json()["data"]) == (400, MISSING)
    assert field in answer.json()["errors"]


@pytest.mark.parametrize(("route", "parameter"), list(_with_required_parameters()), ids=_name)
@pytest.mark.parametrize("query", ["", "{}=", "{}=%20"], ids=["left-out", "empty", "blank"])
def test_a_missing_query_parameter_is_a_400(route: Route, parameter: str, query: str, admin: Client) -> None:
    answer = admin.ask(route.method, _path(route) + "?" + query.format(parameter))
    assert (answer.status_code, answer.json()["data"]) == (400, MISSING)
    assert parameter in answer.json()["errors"]


@pytest.mark.parametrize(("route", "path"), list(_without_last_part()), ids=_name)
@pytest.mark.parametrize("slash", ["", "/"], ids=["bare", "slash"])
def test_a_path_without_its_parts_is_a_400(route: Route, path: str, slash: str, admin: Client) -> None:
    answer = admin.refused(route.method, path + slash, params=_query(route), json=_body(route))
    assert answer == (400, MISSING)


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
    """Refused before anything else is looked at, the cookie included."""
    unsafe = [route for route in ROUTES if route.method != "GET"]
    assert len(unsafe) > 30
    answers = {
        f"{route.method} {route.full_path}": admin.refused(
            route.method, _path(route), headers=headers, params=_query(route), json=_body(route)
        )
        for route in unsafe
    }
    assert set(answers.values()) == {(403, "Forbidden")}
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

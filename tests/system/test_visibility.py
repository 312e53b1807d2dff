"""Hidden entries stay hidden on every route: each is called with their ids, slugs and names.

The routes come from their declarations. The first test fails for a route without a line in ``MATRIX``.
"""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from sqlalchemy import Engine, text

from shared.web.routes import LOGIN, Route
from tests.support.client import Client
from tests.support.hidden_catalogue import Hidden, hide
from tests.support.readers import STATUS
from tests.support.route_requests import ROUTES as DECLARED
from tests.support.route_requests import body_of
from tests.support.visibility_matrix import GUARDED, KEY, MATRIX, PUBLISHED

ROUTES = {f"{route.method} {route.full_path}": route for route in DECLARED}
_UNKNOWN = 10**12
"""Added to an id, it gives one that no row has."""


@pytest.fixture(scope="module")
def hidden(admin: Client, owner: Engine) -> Hidden:
    return hide(admin, owner)


@dataclass(frozen=True)
class Request:
    """The path of one request, and a twin whose id or slug does not exist."""

    path: str
    twin: str
    given: tuple[Any, ...]


def _requests(route: Route, hidden: Hidden) -> Iterator[Request]:
    """Yield a request for each hidden id, slug or key that fits into the path of a route."""
    names = re.findall("<(.+?)>", route.full_path)
    path = route.full_path.replace("<type>", "front").replace("<res>", "high").replace("<name>", "high.webp")
    (part,) = [name for name in names if name not in ("type", "res", "name")] or [None]
    if part is None:
        yield Request(path, path, ())
    for value in (
        hidden.slugs if part == "slug" else hidden.keys if part == "key" else hidden.ids if part else ()
    ):
        unknown = f"nothing-{secrets.token_hex(4)}" if part == "slug" else value
        unknown = (
            _UNKNOWN + value
            if isinstance(value, int)
            else secrets.token_hex(16)
            if part == "key"
            else unknown
        )
        yield Request(
            path.replace(f"<{part}>", str(value)), path.replace(f"<{part}>", str(unknown)), (value,)
        )


def _queries(route: Route, hidden: Hidden) -> list[dict[str, Any]]:
    if route.signature.query is None:
        return [{}]
    of_client = {"client": hidden.catalogue.client}
    fields = route.signature.query.model.model_fields
    return [of_client, of_client | {"search": hidden.mark}] if "search" in fields else [of_client]


def _answer(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.text


def test_every_route_has_its_line() -> None:
    assert set(MATRIX) == set(ROUTES)


def test_what_is_guarded_is_guarded_by_a_permission_that_members_lack(member: Client) -> None:
    for name, route in ROUTES.items():
        guarded = route.permission not in (None, LOGIN) and route.permission not in member.user["permissions"]
        assert guarded == (MATRIX[name] == GUARDED), name


@pytest.mark.parametrize("name", [name for name, rule in MATRIX.items() if rule != KEY])
def test_what_is_hidden_is_as_good_as_not_there(
    name: str, hidden: Hidden, anonymous: Client, member: Client
) -> None:
    """An anonymous client and a Member get the answer that they get for an id that does not exist."""
    route = ROUTES[name]
    body = (body_of(route) | {"client": hidden.catalogue.client}) if route.signature.body else None
    for client in (anonymous, member):
        for request in _requests(route, hidden):
            for query in _queries(route, hidden):
                options: dict[str, Any] = {"params": query, "json": body}
                answer = client.ask(route.method, request.path, **options)
                assert hidden.leaks(answer, given=request.given) == [], (request, query)
                if request.given:
                    twin = client.ask(route.method, request.twin, **options)
                    assert _answer(answer) == _answer(twin), (request, query)
                if MATRIX[name].endswith("not found") and (client is member or route.permission is None):
                    assert (answer.status_code, answer.json()["data"]) == (404, MATRIX[name]), request


@pytest.mark.parametrize(
    "name",
    [name for name, rule in MATRIX.items() if rule in ("Volume not found", "Series not found")],
)
def test_who_holds_the_permission_sees_it(name: str, hidden: Hidden, editor: Client) -> None:
    """By id and by slug; old slugs redirect to the current one."""
    route = ROUTES[name]
    body = (body_of(route) | {"client": hidden.catalogue.client}) if route.signature.body else None
    statuses = [
        editor.ask(route.method, request.path, json=body).status_code for request in _requests(route, hidden)
    ]
    things = hidden.series if MATRIX[name].startswith("Series") else hidden.volumes
    seen = [status for status in statuses if status in (200, 301)]
    # A volume has an old slug as well.
    assert set(statuses) - {200, 301} <= {404}, statuses
    assert len(seen) == len(things) * (2 if "<slug>" in name else 1)


def test_what_may_be_seen_shows_nothing_hidden_beside_it(
    hidden: Hidden, anonymous: Client, member: Client
) -> None:
    for client in (anonymous, member):
        answer = client.ask("GET", f"/volumes/slug/{hidden.shown_slug}")
        assert answer.status_code == 200
        assert hidden.leaks(answer) == []
        assert answer.json()["navigation"] == {"next": None, "prev": None, "index": 0, "count": 1}
    own = {"client": hidden.catalogue.client}
    member.post(f"/user/reading-status/add/{hidden.shown_series}", **STATUS, **own)
    member.post(f"/user/collection/add/{hidden.shown}", **own)
    for path in ("/user/reading-history", "/user/collection"):
        for query in (own, own | {"limit": 10}, own | {"search": "plain"}):
            answer = member.ask("GET", path, params=query)
            assert answer.json()["total"] == 1
            assert hidden.leaks(answer) == []
    (series,) = member.get("/user/reading-history")["series"]
    assert series["volume"]["id"] == hidden.shown


def test_a_hidden_cover_is_shown_to_who_names_its_key_and_to_nobody_else(
    hidden: Hidden, anonymous: Client, member: Client, editor: Client
) -> None:
    for volume, key, other in zip(
        hidden.volumes, hidden.keys, [*hidden.keys[1:], hidden.keys[0]], strict=True
    ):
        path = f"/volumes/cover/{volume}/front/high"
        for client in (anonymous, member, editor):
            assert client.ask("GET", path, params={"hash": key}).status_code == 200
            assert client.ask("GET", f"/files/{key}/high.webp").status_code == 200
            for query in ({}, {"hash": other}, {"hash": key.upper()}, {"hash": key[:-1]}):
                for headers in (
                    {},
                    {"If-None-Match": f'"{key}-high"'},
                    {"If-None-Match": "*"},
                    {"Range": "bytes=0-9"},
                ):
                    refused = client.refused("GET", path, params=query, headers=headers)
                    assert refused == (404, "Cover not found")
            assert client.ask("HEAD", path).status_code == 404


def test_the_picture_of_a_series_is_hidden_from_nobody(hidden: Hidden, admin: Client, editor: Client) -> None:
    for client in (admin, editor):
        assert client.get(f"/admin-series/id/{hidden.shown_series}")["volume"]["id"] == hidden.shown
        assert client.get(f"/admin-series/id/{hidden.series[0]}")["volume"] is None


def test_every_published_view_says_what_is_hidden(owner: Engine) -> None:
    published = text(
        "SELECT DISTINCT table_schema || '.' || table_name AS name, EXISTS ("
        " SELECT FROM information_schema.columns WHERE (columns.table_schema, columns.table_name)"
        "  = (grants.table_schema, grants.table_name) AND column_name = 'hidden' AND data_type = 'boolean') AS says"
        " FROM information_schema.role_table_grants AS grants"
        " WHERE table_schema IN ('catalog', 'media', 'users') AND privilege_type = 'SELECT'"
        "  AND grantee IN (SELECT current_database() || '_' || role"
        "   FROM unnest(ARRAY['catalog', 'media', 'users', 'gateway']) AS role WHERE role <> table_schema)"
    )
    with owner.connect() as db:
        says = {row.name: row.says for row in db.execute(published)}
    assert set(says) == set(PUBLISHED)
    assert {name for name, how in PUBLISHED.items() if how == "column"} == {
        name for name in says if says[name]
    }

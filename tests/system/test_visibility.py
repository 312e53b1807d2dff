"""What is hidden is hidden on every route: each is asked with the ids, slugs and names of hidden things.

The routes come from their declarations: one that has no line in ``MATRIX`` fails the first test.
"""

import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from sqlalchemy import Engine, text

from catalog.app import PAGES as CATALOG
from files.app import PAGES as FILES
from media.app import PAGES as MEDIA
from shared.web.routes import LOGIN, Route
from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.pictures import base64_of, quarters
from tests.support.readers import STATUS
from tests.system.test_refusals import _body
from users.app import PAGES as USERS

ROUTES = {
    f"{route.method} {route.full_path}": route
    for pages in (CATALOG, MEDIA, USERS, FILES)
    for page in pages
    for route in page.routes
    if page.caller == "gateway" and route.function
}

GUARDED = "only those with a permission that Members do not have get any answer"
OWN = "shows and changes nothing but what is the caller's own"
OTHERS = "is about neither series nor volumes"
KEY = "who knows the key may see the picture"

MATRIX = {
    "GET /volumes/slug/<slug>": "Volume not found",
    "GET /volumes/cover/<id>/<type>/<res>": "Cover not found",
    "GET /series/editions/<id>": "Series not found",
    "POST /user/collection/add/<volumeId>": "Volume not found",
    "POST /user/reading-status/add/<id>": "Series not found",
    "POST /user/series-rating/add/<id>": "Series not found",
    "GET /files/<key>/<name>": KEY,
    "GET /media/image/<id>/<res>": OTHERS,
    "GET /user/avatar/<id>/<res>": OTHERS,
    "POST /auth/register": OTHERS,
    "POST /auth/login": OTHERS,
    "GET /auth/me": OWN,
    "POST /auth/logout": OWN,
    "GET /user/sessions": OWN,
    "DELETE /user/sessions/<id>": OWN,
    "POST /user/change-password": OWN,
    "POST /users/<id>/save-settings": OWN,
    "GET /user/reading-history": OWN,
    "GET /user/reading-status/id/<id>": OWN,
    "POST /user/reading-status/update/<id>": OWN,
    "DELETE /user/reading-status/delete/<id>": OWN,
    "GET /user/series-rating/<id>": OWN,
    "GET /user/series-rating/id/<id>": OWN,
    "POST /user/series-rating/update/<id>": OWN,
    "DELETE /user/series-rating/delete/<id>": OWN,
    "GET /user/collection": OWN,
    "GET /user/collection/stats/general": OWN,
    "POST /user/collection/update/<id>": OWN,
    "DELETE /user/collection/delete/<id>": OWN,
    "POST /user/update-image/<id>": OWN,
    "DELETE /user/delete-image/<id>": OWN,
    **dict.fromkeys(
        [
            *("GET /admin-volumes", "GET /admin-volumes/names", "GET /admin-volumes/groups/<id>"),
            *("POST /admin-volumes/reorder-groups", "GET /admin-volumes/id/<id>"),
            *("POST /admin-volumes/regen-slug/<id>", "POST /admin-volumes/edit-volume/<id>"),
            *("POST /admin-volumes/update-order", "POST /admin-volumes/add-group"),
            *("DELETE /admin-volumes/delete-group/<id>", "POST /admin-volumes/restore-group/<id>"),
            *("DELETE /admin-volumes/purge-group/<id>", "POST /admin-volumes/edit-group/<id>"),
            *("POST /admin-volumes/add-volume", "DELETE /admin-volumes/delete-volume/<id>"),
            *("POST /admin-volumes/update-image/<id>/<type>", "POST /admin-volumes/recrop-image/<id>/<type>"),
            *(
                "GET /admin-volumes/original-image/<id>/<type>",
                "DELETE /admin-volumes/delete-image/<id>/<type>",
            ),
            *("GET /admin-series", "GET /admin-series/id/<id>", "POST /admin-series/add"),
            *("POST /admin-series/edit/<id>", "DELETE /admin-series/delete/<id>"),
            *("POST /admin/lock", "DELETE /admin/remove-lock"),
            *("GET /media", "GET /media/similar/<id>", "POST /media/edit/<id>"),
            *("POST /media/add", "DELETE /media/delete/<id>"),
            *("GET /admin-users", "GET /admin-users/id/<id>", "POST /admin-users/edit/<id>"),
            *("POST /admin-users/logout/<id>", "DELETE /admin-users/delete/<id>"),
            *("POST /admin-users/update-image/<id>", "DELETE /admin-users/delete-image/<id>"),
            "GET /admin-roles",
        ],
        GUARDED,
    ),
}
"""Route -> the 404 that it answers to the id of something hidden, or the reason why it shows nothing hidden."""

_APART = 10**6
"""The ids of each kind of thing begin at another million, so that the id of one is never that of another."""
_UNKNOWN = 10**12


@dataclass(frozen=True)
class Hidden:
    """A catalogue of which all but one series and one volume of it is hidden."""

    catalogue: Catalogue
    mark: str
    """Stands in every text of what is hidden."""
    series: list[int]
    groups: list[int]
    volumes: list[int]
    slugs: list[str]
    keys: list[str]
    shown_series: int
    shown: int
    shown_slug: str

    @property
    def ids(self) -> list[int]:
        return [*self.series, *self.groups, *self.volumes]

    def leaks(self, answer: requests.Response, *, given: Iterable[Any] = ()) -> list[str]:
        """Name what of the hidden things an answer shows, but for the ids that were ``given``."""
        said = f"{answer.text} {dict(answer.headers)}".lower()
        ids = [id for id in self.ids if id not in given and re.search(rf"\b{id}\b", said)]
        return [*(word for word in (self.mark, *self.keys) if word in said), *map(str, ids)]


@pytest.fixture(scope="module")
def hidden(admin: Client, owner: Engine) -> Hidden:
    tables = [
        "series",
        "volume_groups",
        "volumes",
        "editions",
        "links",
        "series_aliases",
        "series_descriptions",
    ]
    with owner.begin() as db:
        for number, table in enumerate(tables, start=1):
            db.execute(
                text(f"SELECT setval(pg_get_serial_sequence('catalog.{table}', 'id'), :start)"),
                {"start": number * _APART + secrets.randbelow(1000)},
            )
    catalogue, mark = Catalogue(admin), f"zq{secrets.token_hex(6)}"
    secret = _series(catalogue, f"{mark} secret")
    catalogue.edit(secret, public=False)
    plain = catalogue.series("Plain")
    groups = [
        catalogue.group(secret, f"{mark} inside"),
        *(catalogue.group(plain, f"{mark} {n}") for n in range(3)),
    ]
    open_group = catalogue.group(plain, "Open")
    volumes = [
        _volume(catalogue, groups[0], mark),
        _volume(catalogue, groups[1], mark, public=False),
        _volume(catalogue, groups[2], mark),
        _volume(catalogue, groups[3], mark),
        _volume(catalogue, open_group, mark, public=False),
    ]
    shown = catalogue.volume(open_group, "Shown")
    _cover(admin, shown)
    _volume(catalogue, open_group, mark, public=False)
    admin.delete(f"/admin-volumes/delete-group/{groups[2]}")
    admin.delete(f"/admin-volumes/delete-group/{groups[3]}")
    admin.delete(f"/admin-volumes/purge-group/{groups[3]}")
    documents = [catalogue.get_volume(volume) for volume in volumes]
    with owner.connect() as db:
        slugs = db.execute(
            text("SELECT slug FROM catalog.slugs WHERE volume_id = ANY (:ids)"), {"ids": volumes}
        )
        return Hidden(
            catalogue,
            mark,
            [secret],
            groups,
            volumes,
            [*slugs.scalars(), catalogue.slug_of(secret)],
            [document["cover_path"].partition("/")[0] for document in documents],
            plain,
            shown,
            catalogue.get_volume(shown)["slug"],
        )


def _series(catalogue: Catalogue, mark: str) -> int:
    series = catalogue.series(mark)
    catalogue.edit(
        series,
        origin=mark,
        tags=[mark],
        added_aliases=[{"name": f"{mark} alias", "language": "German"}],
        added_descriptions=[{"language": "German", "text": mark}],
        added_editions=[{"name": f"{mark} edition", "publisher": mark}],
    )
    return series


def _volume(catalogue: Catalogue, group: int, mark: str, **more: Any) -> int:
    """Add a volume that bears the mark in each of its texts, and an old slug and a cover."""
    volume = catalogue.volume(group, f"{mark} before", **more)
    changes: dict[str, Any] = {
        "name": f"{mark} name",
        "description": mark,
        "copyright": mark,
        "measures": mark,
    }
    changes |= {"special": True, "special_name": mark, "extras": {mark: mark}}
    links = [{"url": f"https://example.org/{mark}", "name": mark}]
    catalogue.admin.post(f"/admin-volumes/edit-volume/{volume}", **changes, added_links=links)
    _cover(catalogue.admin, volume)
    return volume


def _cover(admin: Client, volume: int) -> None:
    admin.post(f"/admin-volumes/update-image/{volume}/front", image=base64_of(quarters(40, 60)))


@dataclass(frozen=True)
class Asked:
    """One request, and the same with ids and slugs that nothing has."""

    path: str
    twin: str
    given: tuple[Any, ...]


def _asked(route: Route, hidden: Hidden) -> Iterator[Asked]:
    """Every way to put something hidden into the path of a route."""
    names = re.findall("<(.+?)>", route.full_path)
    path = route.full_path.replace("<type>", "front").replace("<res>", "high").replace("<name>", "high.webp")
    (part,) = [name for name in names if name not in ("type", "res", "name")] or [None]
    if part is None:
        yield Asked(path, path, ())
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
        yield Asked(path.replace(f"<{part}>", str(value)), path.replace(f"<{part}>", str(unknown)), (value,))


def _queries(route: Route, hidden: Hidden) -> list[dict[str, Any]]:
    if route.signature.query is None:
        return [{}]
    of_client = {"client": hidden.catalogue.client}
    fields = route.signature.query.model.model_fields
    return [of_client, of_client | {"search": hidden.mark}] if "search" in fields else [of_client]


def _said(answer: requests.Response) -> tuple[int, str]:
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
    """Neither an anonymous client nor a Member learns anything of it, not even that it is there."""
    route = ROUTES[name]
    body = (_body(route) | {"client": hidden.catalogue.client}) if route.signature.body else None
    for client in (anonymous, member):
        for asked in _asked(route, hidden):
            for query in _queries(route, hidden):
                options: dict[str, Any] = {"params": query, "json": body}
                answer = client.ask(route.method, asked.path, **options)
                assert hidden.leaks(answer, given=asked.given) == [], (asked, query)
                if asked.given:
                    twin = client.ask(route.method, asked.twin, **options)
                    assert _said(answer) == _said(twin), (asked, query)
                if MATRIX[name].endswith("not found") and (client is member or route.permission is None):
                    assert (answer.status_code, answer.json()["data"]) == (404, MATRIX[name]), asked


@pytest.mark.parametrize(
    "name",
    [name for name, rule in MATRIX.items() if rule in ("Volume not found", "Series not found")],
)
def test_who_holds_the_permission_sees_it(name: str, hidden: Hidden, editor: Client) -> None:
    """By id and slug; old slugs lead to the present one."""
    route = ROUTES[name]
    body = (_body(route) | {"client": hidden.catalogue.client}) if route.signature.body else None
    statuses = [
        editor.ask(route.method, asked.path, json=body).status_code for asked in _asked(route, hidden)
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


PUBLISHED = {
    "catalog.series_card": "column",
    "catalog.volume_card": "column",
    "catalog.media_usage": "numbers by the id of a medium, for those with view-media alone",
    "media.media_card": "media of a volume: asked for one that is shown",
    "users.active_session": "about neither series nor volumes",
    "users.series_rating_summary": "numbers by the id of a series: asked for one that is shown",
}
"""View that another service may read -> how what is hidden stays so: a column ``hidden``, or why none is needed."""


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

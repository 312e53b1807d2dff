"""The gateway's route table against the routes that the services declare."""

import pytest

from catalog.app import PAGES as CATALOG
from files.app import PAGES as FILES
from gateway.http.route_table import ROUTES, Route, find_route
from media.app import PAGES as MEDIA
from users.app import PAGES as USERS

OWNERS = {"catalog": CATALOG, "media": MEDIA, "users": USERS}
PUBLIC = [
    (owner, route)
    for owner, pages in OWNERS.items()
    for page in pages
    for route in page.routes
    if page.caller == "gateway"
]


@pytest.mark.parametrize(("owner", "route"), PUBLIC, ids=lambda value: getattr(value, "full_path", value))
def test_every_route_is_found_where_it_is_declared(owner: str, route: object) -> None:
    found = find_route(route.full_path.split("/")[1:])  # type: ignore[attr-defined]
    assert found is not None
    assert (found.owner, found.on_file_nodes) == (owner, route.function is None)  # type: ignore[attr-defined]
    # Routes that need a permission are not public; pictures are.
    if found.public:
        assert route.permission is None  # type: ignore[attr-defined]
    if found.on_file_nodes:
        assert found.public == (route.permission is None)  # type: ignore[attr-defined]


def test_every_file_route_goes_to_file_nodes() -> None:
    for page in FILES:
        for route in page.routes:
            found = find_route(route.full_path.split("/")[1:])
            assert found is not None
            assert found.on_file_nodes


def test_every_prefix_has_routes() -> None:
    addresses = [route.full_path for _, route in PUBLIC]
    for prefix in ROUTES:
        assert any((address + "/").startswith(prefix + "/") for address in addresses), prefix


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/volumes", Route("catalog")),
        ("/volumes/", Route("catalog")),
        ("/volumes/slug/x", Route("catalog")),
        ("/volumes/cover", Route("catalog", on_file_nodes=True, public=True)),
        ("/volumes/cover/", Route("catalog", on_file_nodes=True, public=True)),
        ("/volumes/covers", Route("catalog")),
        ("/volumes/covers/1", Route("catalog")),
        ("/volumes//cover/1", Route("catalog")),
        ("/media/add", Route("media", on_file_nodes=True)),
        ("/media/added", Route("media")),
        ("/admin/lock", Route("catalog")),
        ("/admin-series", Route("catalog")),
        ("/user", Route("users")),
        ("/users//save-settings", Route("users")),
        ("/userss", None),
        ("/USER", None),
        ("/", None),
        ("//volumes", None),
        ("/internal/files/doomed", None),
        ("/health/ready", None),
        ("/metrics", None),
        ("/openapi.json", None),
    ],
)
def test_the_longest_prefix_of_whole_segments_decides(path: str, expected: Route | None) -> None:
    assert find_route(path.split("/")[1:]) == expected

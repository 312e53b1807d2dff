"""The gateway's prefixes against the routes that the programs declare."""

import pytest

from catalog.app import PAGES as CATALOG
from files.app import PAGES as FILES
from gateway.prefixes import PREFIXES, Place, place
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


@pytest.mark.parametrize(("owner", "route"), PUBLIC, ids=lambda value: getattr(value, "address", value))
def test_every_route_is_found_where_it_is_declared(owner: str, route: object) -> None:
    found = place(route.address.split("/")[1:])  # type: ignore[attr-defined]
    assert found is not None
    assert (found.owner, found.on_file_nodes) == (owner, route.function is None)  # type: ignore[attr-defined]
    # A session is looked up wherever somebody has to be signed in, and for no picture.
    if found.for_everybody:
        assert route.needs is None  # type: ignore[attr-defined]
    if found.on_file_nodes:
        assert found.for_everybody == (route.needs is None)  # type: ignore[attr-defined]


def test_every_file_route_goes_to_file_nodes() -> None:
    for page in FILES:
        for route in page.routes:
            found = place(route.address.split("/")[1:])
            assert found is not None
            assert found.on_file_nodes


def test_every_prefix_has_routes() -> None:
    addresses = [route.address for _, route in PUBLIC]
    for prefix in PREFIXES:
        assert any((address + "/").startswith(prefix + "/") for address in addresses), prefix


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/volumes", Place("catalog")),
        ("/volumes/", Place("catalog")),
        ("/volumes/slug/x", Place("catalog")),
        ("/volumes/cover", Place("catalog", on_file_nodes=True, for_everybody=True)),
        ("/volumes/cover/", Place("catalog", on_file_nodes=True, for_everybody=True)),
        ("/volumes/covers", Place("catalog")),
        ("/volumes/covers/1", Place("catalog")),
        ("/volumes//cover/1", Place("catalog")),
        ("/media/add", Place("media", on_file_nodes=True)),
        ("/media/added", Place("media")),
        ("/admin/lock", Place("catalog")),
        ("/admin-series", Place("catalog")),
        ("/user", Place("users")),
        ("/users//save-settings", Place("users")),
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
def test_the_longest_prefix_of_whole_segments_decides(path: str, expected: Place | None) -> None:
    assert place(path.split("/")[1:]) == expected

"""Entries of readers about a series or volume that is later hidden, and shown again."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.pictures import base64_of, quarters
from tests.support.readers import STATUS

HISTORY, COLLECTION = "/user/reading-history", "/user/collection"
NO_SERIES, NO_VOLUME = (404, "Series not found"), (404, "Volume not found")


class Library:
    """Three series with a volume each, which a reader reads, rates and owns; the middle one will be hidden."""

    def __init__(self, catalogue: Catalogue, reader: Client) -> None:
        self.catalogue, self.reader = catalogue, reader
        self.series = [catalogue.series(name) for name in ("Akira", "Monster", "Yawara")]
        self.groups = [catalogue.group(series) for series in self.series]
        self.volumes = [catalogue.volume(group, "Volume 1") for group in self.groups]
        for series, volume, price in zip(self.series, self.volumes, (7, 8.5, 9), strict=True):
            own = {"client": catalogue.client}
            reader.post(f"/user/reading-status/add/{series}", **STATUS, **own, notes=f"note {price}")
            reader.post(f"/user/series-rating/add/{series}", rating=price)
            reader.post(f"/user/collection/add/{volume}", **own, price=price, date="2024-05-02")

    def read(self, reader: Client | None = None, **query: Any) -> Any:
        query = {"order": "name-asc", "client": self.catalogue.client} | query
        return (reader or self.reader).get(HISTORY, **query)["series"]

    def owned(self, reader: Client | None = None, **query: Any) -> Any:
        query = {"client": self.catalogue.client} | query
        return (reader or self.reader).get(COLLECTION, **query)["volumes"]

    def edit_volume(self, **changes: Any) -> None:
        self.catalogue.admin.post(f"/admin-volumes/edit-volume/{self.volumes[1]}", **changes)


@pytest.fixture
def library(catalogue: Catalogue, member: Client) -> Library:
    return Library(catalogue, member)


def ids(entries: Any) -> list[int]:
    return [entry["id"] for entry in entries]


def hide_series(library: Library) -> None:
    library.catalogue.edit(library.series[1], public=False)


def show_series(library: Library) -> None:
    library.catalogue.edit(library.series[1], public=True)


def hide_volume(library: Library) -> None:
    library.edit_volume(public=False)


def show_volume(library: Library) -> None:
    library.edit_volume(public=True)


def trash_group(library: Library) -> None:
    library.catalogue.admin.delete(f"/admin-volumes/delete-group/{library.groups[1]}")


def restore_group(library: Library) -> None:
    library.catalogue.admin.post(f"/admin-volumes/restore-group/{library.groups[1]}")


def test_of_a_hidden_series_readers_keep_what_is_their_own(library: Library) -> None:
    first, middle, last = library.series
    before = library.read()
    hide_series(library)
    library.catalogue.edit(middle, name="Aaa first of all", added_aliases=[{"name": "Renamed"}])
    entries = library.read()
    assert ids(entries) == [first, last, middle]
    assert entries[2] == {"id": middle, "hidden": True, "reading-history": before[1]["reading-history"]}
    assert ids(library.read(order="name-desc")) == [middle, last, first]
    assert ids(library.read(limit=1, offset=2)) == [middle]
    for search in ("monster", "aaa", "renamed", "a"):
        assert middle not in ids(library.read(search=search))
    show_series(library)
    library.catalogue.edit(middle, name="Monster")
    assert ids(library.read()) == [first, middle, last]
    assert ids(library.read(search="renamed")) == [middle]
    assert "hidden" not in library.read()[1]


def test_what_is_ones_own_can_be_read_and_changed_while_it_is_hidden(library: Library) -> None:
    reader, middle = library.reader, library.series[1]
    hide_series(library)
    path = f"/user/reading-status/update/{middle}"
    reader.post(path, **STATUS | {"progress": 9}, client=library.catalogue.client, notes="still mine")
    status = reader.get(f"/user/reading-status/id/{middle}")
    assert (status["progress"], status["notes"]) == (9, "still mine")
    reader.post(f"/user/series-rating/update/{middle}", rating=2)
    assert reader.get(f"/user/series-rating/{middle}")["rating"] == 2
    item = library.owned()[2]["collection"]["item_id"]
    reader.post(f"{COLLECTION}/update/{item}", price=1, date="2024-05-03")
    assert library.owned()[2]["collection"] == {"item_id": item, "buy_date": "2024-05-03", "price": 1}
    reader.delete(f"{COLLECTION}/delete/{item}")
    reader.delete(f"/user/series-rating/delete/{middle}")
    reader.delete(f"/user/reading-status/delete/{middle}")
    assert ids(library.read()) == [library.series[0], library.series[2]]
    own = {"client": library.catalogue.client}
    assert reader.refused("POST", f"/user/reading-status/add/{middle}", json=STATUS | own) == NO_SERIES
    assert reader.refused("POST", f"/user/series-rating/add/{middle}", json={"rating": 3}) == NO_SERIES
    assert reader.refused("POST", f"{COLLECTION}/add/{library.volumes[1]}", json=own) == NO_VOLUME


@pytest.mark.parametrize(
    ("hide", "show"),
    [(hide_series, show_series), (hide_volume, show_volume), (trash_group, restore_group)],
    ids=["series", "volume", "trash"],
)
def test_of_a_hidden_volume_collectors_keep_what_is_their_own(
    library: Library, hide: Callable[[Library], None], show: Callable[[Library], None]
) -> None:
    first, middle, last = library.volumes
    before = library.owned()
    stats = library.reader.get(f"{COLLECTION}/stats/general", client=library.catalogue.client)
    hide(library)
    library.edit_volume(name="Aaa", description="secret")
    owned = library.owned()
    assert ids(owned) == [first, last, middle]
    assert owned[2] == {"id": middle, "hidden": True, "collection": before[1]["collection"]}
    assert ids(library.owned(order="name-desc")) == [middle, last, first]
    assert ids(library.owned(limit=1, offset=2)) == [middle]
    for search in ("monster", "aaa", "volume 1"):
        assert middle not in ids(library.owned(search=search))
    assert library.reader.get(f"{COLLECTION}/stats/general", client=library.catalogue.client) == stats
    show(library)
    assert ids(library.owned()) == [first, middle, last]
    assert ids(library.owned(search="aaa")) == [middle]
    assert "hidden" not in library.owned()[1]


def test_a_volume_moved_to_a_hidden_series_and_back_is_hidden_and_shown(library: Library) -> None:
    catalogue, (first, middle, last) = library.catalogue, library.volumes
    secret = catalogue.group(catalogue.series("Secret", public=False))
    library.edit_volume(group=secret)
    assert ids(library.owned()) == [first, last, middle]
    library.edit_volume(group=library.groups[1])
    assert ids(library.owned()) == [first, middle, last]


def test_who_holds_the_permission_keeps_seeing_it(library: Library, editor: Client) -> None:
    own = {"client": library.catalogue.client}
    hide_series(library)
    editor.post(f"/user/reading-status/add/{library.series[1]}", **STATUS, **own)
    editor.post(f"/user/series-rating/add/{library.series[1]}", rating=5)
    editor.post(f"{COLLECTION}/add/{library.volumes[1]}", **own)
    for search in ("", "monster"):
        (series,) = library.read(editor, search=search)
        (volume,) = library.owned(editor, search=search)
        assert (series["name"], volume["series"]["name"]) == ("Monster", "Monster")
        assert (series["public"], volume["public"]) == (0, 1)


def test_the_picture_of_a_series_is_of_the_first_volume_that_may_be_seen(library: Library) -> None:
    catalogue, group, first = library.catalogue, library.groups[1], library.volumes[1]
    second = catalogue.volume(group, "Volume 2")
    for volume in (first, second):
        path = f"/admin-volumes/update-image/{volume}/front"
        catalogue.admin.post(path, image=base64_of(quarters(40, 60)))

    def picture() -> Any:
        shown = library.read()[1]["volume"]
        assert catalogue.get(library.series[1])["volume"] == (
            shown and shown | {flag: bool(shown[flag]) for flag in ("nsfw", "nsfw18")}
        )
        return shown and shown["id"]

    assert picture() == first
    hide_volume(library)
    assert picture() == second
    trash_group(library)
    assert picture() is None
    restore_group(library)
    show_volume(library)
    assert picture() == first


def test_a_cover_is_hidden_from_the_next_request_on(library: Library, anonymous: Client) -> None:
    volume, admin = library.volumes[1], library.catalogue.admin
    admin.post(f"/admin-volumes/update-image/{volume}/front", image=base64_of(quarters(40, 60)))
    key = library.catalogue.get_volume(volume)["cover_path"].partition("/")[0]
    path = f"/volumes/cover/{volume}/front"
    for hide, show in ((hide_series, show_series), (hide_volume, show_volume), (trash_group, restore_group)):
        tag = anonymous.ask("GET", path).headers["ETag"]
        assert anonymous.ask("GET", path, params={"hash": key}).status_code == 200
        hide(library)
        for headers in ({}, {"If-None-Match": tag}):
            assert anonymous.refused("GET", path, headers=headers) == (404, "Cover not found")
        assert anonymous.ask("GET", path, params={"hash": key}).status_code == 200
        show(library)
        assert anonymous.ask("GET", path).status_code == 200


def test_editions_of_a_hidden_series_are_for_those_who_see_it(
    library: Library, anonymous: Client, editor: Client
) -> None:
    series = library.series[1]
    library.catalogue.edit(series, added_editions=[{"name": "Deluxe"}])
    hide_series(library)
    for client in (anonymous, library.reader):
        assert client.refused("GET", f"/series/editions/{series}") == NO_SERIES
    assert editor.get(f"/series/editions/{series}")[0]["name"] == "Deluxe"
    show_series(library)
    assert anonymous.get(f"/series/editions/{series}")[0]["name"] == "Deluxe"


def test_new_volumes_are_hidden_and_new_series_public_unless_said_otherwise(catalogue: Catalogue) -> None:
    admin, own = catalogue.admin, {"type": "Manga", "client": catalogue.client}
    for given, public in (
        ({}, True),
        ({"public": False}, False),
        ({"public": True}, True),
        ({"public": 0}, False),
    ):
        added = admin.post("/admin-series/add", name=f"Series {given}", **own, **given)
        assert catalogue.get(added["id"])["public"] is public
    group = catalogue.group(added["id"])
    new = {"name": "Volume", "group": group, "language": "German"}
    for given, public in (
        ({}, False),
        ({"public": False}, False),
        ({"public": True}, True),
        ({"public": 1}, True),
    ):
        added = admin.post("/admin-volumes/add-volume", **new, **given)
        assert catalogue.get_volume(added["id"])["public"] is public
    for path, body in (("/admin-series/add", {"name": "x"} | own), ("/admin-volumes/add-volume", new)):
        answer = admin.ask("POST", path, json=body | {"public": "perhaps"})
        assert (answer.status_code, set(answer.json()["errors"])) == (400, {"public"})

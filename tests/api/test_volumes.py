"""Volumes: adding, showing, editing, moving and deleting them."""

import base64
import io
from functools import partial
from typing import Any

import pytest
from PIL import Image

from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.overlap import at_once

LARGEST = 9007199254740991
UNKNOWN = (404, "Volume not found")
UNKNOWN_GROUP = (404, "Volume group not found")
INVALID = (400, "Invalid parameters")
MISSING = (400, "Required parameters missing")

EVERYTHING: dict[str, Any] = {
    "name": "Vol. 1 – Ünï",
    "language": "ja",
    "release_date": "2100-01-01",
    "description": "First line\nsecond",
    "copyright": "© 2024",
    "extras": {"poster": True, "cards": [1, 2]},
    "isbn10": "0-306-40615-2",
    "isbn13": "978 0 306 40615 7",
    "type": "Hardcover",
    "measures": "14 x 21 cm",
    "pages": 208,
    "rating": 8.5,
    "special": True,
    "special_name": "Gold",
    "nsfw": 1,
    "nsfw18": "true",
    "three_d": True,
    "public": True,
}
STORED = EVERYTHING | {
    "language": "Japanese",
    "isbn10": "0306406152",
    "isbn13": "9780306406157",
    "nsfw": True,
    "nsfw18": True,
}


@pytest.fixture
def series(catalogue: Catalogue) -> int:
    return catalogue.series()


@pytest.fixture
def group(catalogue: Catalogue, series: int) -> int:
    return catalogue.group(series)


@pytest.fixture
def volume(catalogue: Catalogue, group: int) -> int:
    return catalogue.volume(group, "Volume")


def edit(catalogue: Catalogue, volume: int, **changes: Any) -> None:
    answer = catalogue.admin.post(f"/admin-volumes/edit-volume/{volume}", **changes)
    assert answer == {"data": "Volume updated", "code": 200}


def refused(catalogue: Catalogue, volume: int, **changes: Any) -> tuple[int, str]:
    return catalogue.admin.refused("POST", f"/admin-volumes/edit-volume/{volume}", json=changes)


def media(admin: Client, name: str) -> int:
    """Add a picture to the media library; return its id."""
    picture = io.BytesIO()
    Image.new("RGB", (4, 4)).save(picture, "PNG")
    body = {"name": name, "tags": [], "image": base64.b64encode(picture.getvalue()).decode()}
    return int(admin.post("/media/add", **body)["id"])


def test_a_new_volume_has_what_was_said_and_defaults(catalogue: Catalogue, series: int, group: int) -> None:
    body = {"name": " Vol. 1 ", "group": str(group), "language": "DE"}
    added = catalogue.admin.post("/admin-volumes/add-volume", **body)
    document = catalogue.get_volume(added["id"])
    assert document.pop("last_update").endswith("Z")
    assert document.pop("series")["id"] == series
    flags = dict.fromkeys(("special", "nsfw", "nsfw18", "three_d", "public"), False)
    empty = (
        "release_date description copyright edition_id edition_name isbn10 isbn13 type measures pages rating extras "
        "special_name cover_path back_cover_path spine_cover_path aspect_ratio last_copyright "
        "placeholder color back_placeholder back_color spine_placeholder spine_color"
    )
    assert document == flags | dict.fromkeys(empty.split()) | {
        "id": added["id"],
        "name": "Vol. 1",
        "slug": added["slug"],
        "group_id": group,
        "group_order": 0,
        "series_id": series,
        "language": "German",
        "navigation": {"next": None, "prev": None, "index": 0, "count": 1},
        "links": [],
        "media": [],
    }


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"name": None}, MISSING),
        ({"language": ""}, MISSING),
        ({"group": None}, MISSING),
        ({"group": -1}, INVALID),
        ({"group": "x"}, INVALID),
        ({"group": LARGEST}, UNKNOWN_GROUP),
        ({"language": "Klingon"}, INVALID),
        ({"language": 5}, INVALID),
        ({"edition": LARGEST}, INVALID),
        ({"edition": "x"}, INVALID),
        ({"name": "x" * 256}, INVALID),
    ],
)
def test_a_volume_that_cannot_be(
    catalogue: Catalogue, group: int, changes: dict[str, Any], answer: tuple[int, str]
) -> None:
    body = {"name": "x", "group": group, "language": "German"} | changes
    assert catalogue.admin.refused("POST", "/admin-volumes/add-volume", json=body) == answer


def test_ids_that_lead_nowhere(catalogue: Catalogue) -> None:
    ask = catalogue.admin.refused
    for method, path in (("GET", "id"), ("POST", "edit-volume"), ("DELETE", "delete-volume")):
        body: dict[str, Any] = {"json": {}} if method == "POST" else {}
        assert ask(method, f"/admin-volumes/{path}/{LARGEST}", **body) == UNKNOWN
        for unusable in ("x", "0", "-1", "1.0", "01", "+1", str(LARGEST + 1), "9" * 30):
            assert ask(method, f"/admin-volumes/{path}/{unusable}", **body) == INVALID
        assert ask(method, f"/admin-volumes/{path}", **body) == MISSING


def test_every_field_can_be_changed_and_cleared(catalogue: Catalogue, volume: int) -> None:
    edit(catalogue, volume, **EVERYTHING)
    document = catalogue.get_volume(volume)
    assert {field: document[field] for field in STORED} == STORED
    edit(catalogue, volume)
    assert {field: catalogue.get_volume(volume)[field] for field in STORED} == STORED
    kept = {"name", "language", "special", "nsfw", "nsfw18", "three_d", "public"}
    for nothing in (None, ""):
        edit(catalogue, volume, **EVERYTHING)
        edit(catalogue, volume, **dict.fromkeys(STORED.keys() - kept, nothing))
        document = catalogue.get_volume(volume)
        assert {field: document[field] for field in kept} == {field: STORED[field] for field in kept}
        assert {document[field] for field in STORED.keys() - kept} == {None}


def test_an_unknown_date_is_kept_as_it_comes(catalogue: Catalogue, volume: int) -> None:
    for date in ("1001-01-01", "2024-02-29", "9999-12-31"):
        edit(catalogue, volume, release_date=date)
        assert catalogue.get_volume(volume)["release_date"] == date


def test_an_edit_that_is_refused_changes_nothing(catalogue: Catalogue, series: int, volume: int) -> None:
    other = catalogue.series()
    catalogue.edit(other, added_editions=[{"name": "Deluxe"}])
    edit(catalogue, volume, added_links=[{"url": "https://example.com"}])
    before = catalogue.get_volume(volume)
    wrong: dict[str, Any] = {
        "name": None,
        "language": "xx",
        "release_date": "2024-13-01",
        "edition": catalogue.editions(other)[0]["id"],
        "isbn10": "0306406153",
        "isbn13": "0306406152",
        "type": "Softback",
        "pages": -1,
        "rating": "many",
        "extras": [1],
        "special": "perhaps",
        "group": -1,
        "added_links": [{"url": "ftp://example.com"}],
        "removed_links": [before["links"][0]["id"], LARGEST],
        "added_media": [LARGEST],
        "removed_media": [LARGEST],
    }
    for field, value in wrong.items():
        changes = {"description": "changed", "removed_links": [before["links"][0]["id"]], field: value}
        assert refused(catalogue, volume, **changes) == INVALID, field
        answer = catalogue.admin.ask("POST", f"/admin-volumes/edit-volume/{volume}", json=changes)
        assert set(answer.json()["errors"]) == {field}
    assert refused(catalogue, volume, description="changed", group=LARGEST) == UNKNOWN_GROUP
    assert catalogue.get_volume(volume) == before
    assert before["series_id"] == series


def test_links_come_and_go(catalogue: Catalogue, group: int, volume: int) -> None:
    full = {"url": "https://example.com/a?b=c", "name": "Shop", "src": "publisher"}
    edit(catalogue, volume, added_links=[full, {"url": "http://example.com/ü"}])
    links = catalogue.get_volume(volume)["links"]
    assert links == [
        {"id": links[0]["id"], **full},
        {"id": links[1]["id"], "url": "http://example.com/ü", "name": None, "src": None},
    ]
    other = catalogue.volume(group)
    assert refused(catalogue, other, removed_links=[links[0]["id"]]) == INVALID
    edit(catalogue, volume, removed_links=[links[0]], added_links=[full])
    assert catalogue.get_volume(volume)["links"][0] == links[1]
    edit(catalogue, volume, removed_links=[links[1]["id"]])
    assert len(catalogue.get_volume(volume)["links"]) == 1


def test_media_come_and_go_and_leave_with_their_library_entry(catalogue: Catalogue, volume: int) -> None:
    first, second = media(catalogue.admin, "First"), media(catalogue.admin, "Second")
    edit(catalogue, volume, added_media=[first, {"id": second}, first])
    shown = catalogue.get_volume(volume)["media"]
    assert [(entry["id"], entry["name"]) for entry in shown] == [(first, "First"), (second, "Second")]
    assert all(entry["path"].endswith("/high.webp") for entry in shown)
    edit(catalogue, volume, added_media=[first], removed_media=[first])
    edit(catalogue, volume, removed_media=[{"id": second, "name": "Second"}])
    assert [entry["id"] for entry in catalogue.get_volume(volume)["media"]] == [first]
    assert refused(catalogue, volume, removed_media=[second]) == INVALID
    catalogue.admin.delete(f"/media/delete/{first}")
    assert catalogue.get_volume(volume)["media"] == []


def test_a_volume_moves_to_the_end_of_a_group_and_to_its_series(
    catalogue: Catalogue, series: int, group: int
) -> None:
    catalogue.edit(series, added_editions=[{"name": "Here"}])
    there = catalogue.series("There")
    catalogue.edit(there, added_editions=[{"name": "There"}])
    target = catalogue.group(there)
    resident, newcomer = (
        catalogue.volume(target),
        catalogue.volume(group, edition=catalogue.editions(series)[0]["id"]),
    )
    left = catalogue.volume(group)
    edit(catalogue, newcomer, group=group)
    document = catalogue.get_volume(newcomer)
    assert (document["group_order"], document["edition_name"]) == (0, "Here")
    edit(catalogue, newcomer, group=target)
    document = catalogue.get_volume(newcomer)
    assert (document["group_id"], document["group_order"], document["series_id"]) == (target, 1, there)
    assert document["edition_id"] is None
    assert catalogue.get_volume(left)["group_order"] == 0
    edit(catalogue, left, group=target, edition=catalogue.editions(there)[0]["id"])
    assert catalogue.get_volume(left)["edition_name"] == "There"
    assert catalogue.get_volume(resident)["group_order"] == 0
    own = catalogue.editions(series)[0]["id"]
    assert refused(catalogue, resident, group=group, edition=catalogue.editions(there)[0]["id"]) == INVALID
    edit(catalogue, resident, group=group, edition=own)


def test_a_volume_leaves_the_default_group_but_cannot_be_put_there(
    catalogue: Catalogue, series: int, group: int, volume: int
) -> None:
    assert refused(catalogue, volume, group=-1) == INVALID
    catalogue.admin.delete(f"/admin-volumes/delete-group/{group}")
    edit(catalogue, volume, group=-1, name="Still there")
    assert catalogue.get_volume(volume)["group_id"] == -1
    assert refused(catalogue, volume, group=group) == UNKNOWN_GROUP
    target = catalogue.group(series)
    edit(catalogue, volume, group=target)
    assert catalogue.get_volume(volume)["group_id"] == target
    catalogue.admin.post(f"/admin-volumes/restore-group/{group}")
    assert catalogue.get_volume(volume)["group_id"] == target


def test_an_edit_shows_in_the_time_of_the_last_update(catalogue: Catalogue, volume: int) -> None:
    before = catalogue.get_volume(volume)["last_update"]
    edit(catalogue, volume)
    assert catalogue.get_volume(volume)["last_update"] > before


def test_edits_at_once_all_happen(catalogue: Catalogue, volume: int) -> None:
    changes: list[dict[str, Any]] = [
        {"pages": 5},
        {"copyright": "me"},
        {"name": "New", "added_links": [{"url": "https://example.com"}]},
        {"language": "English"},
    ]

    def ask(change: dict[str, Any]) -> int:
        return catalogue.admin.ask("POST", f"/admin-volumes/edit-volume/{volume}", json=change).status_code

    assert at_once([partial(ask, change) for change in changes]) == [200] * len(changes)
    document = catalogue.get_volume(volume)
    assert (document["pages"], document["copyright"], len(document["links"])) == (5, "me", 1)
    assert document["slug"].endswith("-new-en")


def test_a_deleted_volume_is_gone_with_all_that_hung_on_it(
    catalogue: Catalogue, group: int, volume: int
) -> None:
    after = catalogue.volume(group)
    used = media(catalogue.admin, "Used")
    edit(catalogue, volume, added_links=[{"url": "https://example.com"}], added_media=[used])
    slug = catalogue.get_volume(volume)["slug"]
    answer = catalogue.admin.delete(f"/admin-volumes/delete-volume/{volume}")
    assert answer == {"data": "Deleted volume", "code": 200}
    assert catalogue.admin.refused("GET", f"/admin-volumes/id/{volume}") == UNKNOWN
    assert catalogue.admin.refused("DELETE", f"/admin-volumes/delete-volume/{volume}") == UNKNOWN
    assert catalogue.admin.refused("GET", f"/volumes/slug/{slug}") == UNKNOWN
    assert catalogue.get_volume(after)["group_order"] == 0
    catalogue.admin.delete(f"/media/delete/{used}")


def test_who_may(editor: Client, member: Client, volume: int) -> None:
    assert editor.refused("DELETE", f"/admin-volumes/delete-volume/{volume}") == (403, "Forbidden")
    assert member.refused("GET", f"/admin-volumes/id/{volume}") == (403, "Forbidden")
    assert editor.post(f"/admin-volumes/edit-volume/{volume}", pages=3)["code"] == 200

"""Volumes: adding, showing, editing, moving and deleting them."""

from functools import partial
from typing import Any

import pytest

from tests.support.catalogue import Catalogue
from tests.support.errors import INVALID, MISSING
from tests.support.ids import MAX_ID
from tests.support.overlap import at_once

UNKNOWN = (404, "Volume not found")
UNKNOWN_GROUP = (404, "Volume group not found")

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
        ({"group": MAX_ID}, UNKNOWN_GROUP),
        ({"language": "Klingon"}, INVALID),
        ({"language": 5}, INVALID),
        ({"edition": MAX_ID}, INVALID),
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
        assert ask(method, f"/admin-volumes/{path}/{MAX_ID}", **body) == UNKNOWN
        for unusable in ("x", "0", "-1", "1.0", "01", "+1", str(MAX_ID + 1), "9" * 30):
            assert ask(method, f"/admin-volumes/{path}/{unusable}", **body) == INVALID
        assert ask(method, f"/admin-volumes/{path}", **body) == MISSING


def test_every_field_can_be_changed_and_cleared(catalogue: Catalogue, volume: int) -> None:
    catalogue.edit_volume(volume, **EVERYTHING)
    document = catalogue.get_volume(volume)
    assert {field: document[field] for field in STORED} == STORED
    catalogue.edit_volume(volume)
    assert {field: catalogue.get_volume(volume)[field] for field in STORED} == STORED
    kept = {"name", "language", "special", "nsfw", "nsfw18", "three_d", "public"}
    for nothing in (None, ""):
        catalogue.edit_volume(volume, **EVERYTHING)
        catalogue.edit_volume(volume, **dict.fromkeys(STORED.keys() - kept, nothing))
        document = catalogue.get_volume(volume)
        assert {field: document[field] for field in kept} == {field: STORED[field] for field in kept}
        assert {document[field] for field in STORED.keys() - kept} == {None}


def test_an_unknown_date_is_kept_as_it_comes(catalogue: Catalogue, volume: int) -> None:
    for date in ("1001-01-01", "2024-02-29", "9999-12-31"):
        catalogue.edit_volume(volume, release_date=date)
        assert catalogue.get_volume(volume)["release_date"] == date


def test_an_edit_that_is_refused_changes_nothing(catalogue: Catalogue, series: int, volume: int) -> None:
    other = catalogue.series()
    catalogue.edit(other, added_editions=[{"name": "Deluxe"}])
    catalogue.edit_volume(volume, added_links=[{"url": "https://example.com"}])
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
        "removed_links": [before["links"][0]["id"], MAX_ID],
        "added_media": [MAX_ID],
        "removed_media": [MAX_ID],
    }
    for field, value in wrong.items():
        changes = {"description": "changed", "removed_links": [before["links"][0]["id"]], field: value}
        assert catalogue.refused_edit(volume, **changes) == INVALID, field
        answer = catalogue.admin.ask("POST", f"/admin-volumes/edit-volume/{volume}", json=changes)
        assert set(answer.json()["errors"]) == {field}
    assert catalogue.refused_edit(volume, description="changed", group=MAX_ID) == UNKNOWN_GROUP
    assert catalogue.get_volume(volume) == before
    assert before["series_id"] == series


def test_an_edit_shows_in_the_time_of_the_last_update(catalogue: Catalogue, volume: int) -> None:
    before = catalogue.get_volume(volume)["last_update"]
    catalogue.edit_volume(volume)
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

"""Series: adding, editing and deleting them, all or nothing."""

from functools import partial
from typing import Any

import pytest

from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.errors import INVALID
from tests.support.ids import MAX_ID
from tests.support.overlap import at_once

EXISTS = (409, "Series with this Name and Type exists already.")
UNKNOWN = (404, "Series not found")


def test_a_new_series_is_answered_with_id_and_slug(catalogue: Catalogue) -> None:
    added = catalogue.admin.post(
        "/admin-series/add", name="  Die Möwe  ", type="Novel", client=catalogue.client
    )
    assert added == {
        "data": "Series added successfully",
        "code": 200,
        "id": added["id"],
        "slug": "die-mowe",
    }
    assert catalogue.admin.get(f"/admin-series/id/{added['id']}") == {
        "id": added["id"],
        "name": "Die Möwe",
        "type": "Novel",
        "slug": "die-mowe",
        "public": True,
        "origin": None,
        "client": catalogue.client,
        "alias": "Die Möwe",
        "aliases": [],
        "description": None,
        "descriptions": [],
        "tags": [],
        "volume": None,
        "average_rating": None,
        "rating_count": 0,
    }


def test_name_and_type_are_taken_once_a_client(catalogue: Catalogue) -> None:
    catalogue.series("Ärger")
    body = {"name": "äRGER", "type": "Manga", "client": catalogue.client}
    assert catalogue.admin.refused("POST", "/admin-series/add", json=body) == EXISTS
    catalogue.series("Ärger", type="Novel")
    catalogue.admin.post("/admin-series/add", **body | {"client": catalogue.client + 1})


def test_of_two_equal_series_at_once_one_is_added(catalogue: Catalogue) -> None:
    body = {"name": "Twice", "type": "Manga", "client": catalogue.client}
    answers = at_once([partial(catalogue.admin.ask, "POST", "/admin-series/add", json=body)] * 6)
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409, 409]
    assert catalogue.list()["total"] == 1


def test_slugs_of_series_are_told_apart(catalogue: Catalogue) -> None:
    slugs = {catalogue.slug_of(catalogue.series("Same", type=type)) for type in ("Manga", "Novel", "Comic")}
    assert slugs == {"same", "same-2", "same-3"}


def test_series_with_one_slug_at_once_get_two(catalogue: Catalogue) -> None:
    bodies = [
        {"name": "Race", "type": type, "client": catalogue.client} for type in ("Manga", "Novel", "Comic")
    ]
    calls = [partial(catalogue.admin.post, "/admin-series/add", **body) for body in bodies]
    assert {answer["slug"] for answer in at_once(calls)} == {"race", "race-2", "race-3"}


def test_everything_of_an_edit_arrives(catalogue: Catalogue) -> None:
    series = catalogue.series("Before")
    edited = catalogue.edit(
        series,
        name="After",
        type="Manhwa",
        public=0,
        origin="Korea",
        tags="Action, action, Drama",
        added_aliases=[{"name": "Danach", "language": "de"}, {"name": "Untold"}],
        added_descriptions=[{"language": "English", "text": "It is about something."}],
        added_editions=[{"name": "First", "publisher": "Carlsen", "language": "German"}, {"name": "Second"}],
    )
    assert edited == {"data": "Series edited successfully", "code": 200}
    document = catalogue.get(series)
    described = {
        key: document[key] for key in ("name", "type", "public", "origin", "tags", "slug", "description")
    }
    assert described == {
        "name": "After",
        "type": "Manhwa",
        "public": False,
        "origin": "Korea",
        "tags": ["Action", "Drama"],
        "slug": "after",
        "description": "It is about something.",
    }
    assert [(alias["name"], alias["language"]) for alias in document["aliases"]] == [
        ("Danach", "German"),
        ("Untold", None),
    ]
    assert [(text["language"], text["text"]) for text in document["descriptions"]] == [
        ("English", "It is about something.")
    ]
    editions = catalogue.admin.get(f"/series/editions/{series}")
    assert [(edition["name"], edition["publisher"], edition["language"]) for edition in editions] == [
        ("First", "Carlsen", "German"),
        ("Second", None, None),
    ]


def test_what_is_not_sent_stays_and_null_clears(catalogue: Catalogue) -> None:
    series = catalogue.series("Kept")
    catalogue.edit(series, origin="Japan", tags=["A"], public=False)
    before = catalogue.get(series)
    catalogue.edit(series)
    assert catalogue.get(series) == before
    catalogue.edit(series, origin=None, tags=None)
    assert catalogue.get(series) == before | {"origin": None, "tags": []}


def test_parts_are_modified_and_removed(catalogue: Catalogue) -> None:
    series = catalogue.series("Parts")
    catalogue.edit(
        series,
        added_aliases=[{"name": "One"}, {"name": "Two"}, {"name": "Three"}],
        added_descriptions=[{"language": "de", "text": "A"}, {"language": "en", "text": "B"}],
        added_editions=[{"name": "X", "publisher": "P", "language": "fr"}, {"name": "Y"}],
    )
    document = catalogue.get(series)
    one, two, _ = (alias["id"] for alias in document["aliases"])
    german, english = (text["id"] for text in document["descriptions"])
    x, y = (edition["id"] for edition in catalogue.editions(series))
    catalogue.edit(
        series,
        removed_aliases=[one, {"id": two}],
        modified_descriptions=[
            {"id": german, "language": "en"},
            {"id": english, "language": "de", "text": "C"},
        ],
        modified_editions=[{"id": x, "publisher": None}],
        removed_editions=[str(y)],
    )
    document = catalogue.get(series)
    assert [alias["name"] for alias in document["aliases"]] == ["Three"]
    assert document["descriptions"] == [
        {"id": german, "language": "English", "text": "A"},
        {"id": english, "language": "German", "text": "C"},
    ]
    assert catalogue.editions(series) == [{"id": x, "name": "X", "publisher": None, "language": "French"}]
    catalogue.edit(series, removed_descriptions=[{"id": german}])
    assert [text["id"] for text in catalogue.get(series)["descriptions"]] == [english]


def test_an_alias_is_kept_once(catalogue: Catalogue) -> None:
    series = catalogue.series("Once")
    alias = {"name": "Again", "language": "en"}
    catalogue.edit(series, added_aliases=[alias, alias])
    catalogue.edit(series, added_aliases=[alias, {"name": "Again"}])
    assert [alias["language"] for alias in catalogue.get(series)["aliases"]] == ["English", None]


@pytest.mark.parametrize(
    ("change", "blamed"),
    [
        ({"removed_aliases": [MAX_ID]}, "removed_aliases"),
        ({"removed_descriptions": [MAX_ID]}, "removed_descriptions"),
        ({"modified_descriptions": [{"id": MAX_ID}]}, "modified_descriptions"),
        ({"removed_editions": [MAX_ID]}, "removed_editions"),
        ({"modified_editions": [{"id": MAX_ID}]}, "modified_editions"),
        ({"added_descriptions": [{"language": "de", "text": "a"}] * 2}, "added_descriptions"),
        ({"type": "Poem"}, "type"),
    ],
)
def test_an_edit_happens_whole_or_not_at_all(catalogue: Catalogue, change: Any, blamed: str) -> None:
    series = catalogue.series("Whole")
    before = catalogue.get(series)
    body = {"name": "Other", "added_aliases": [{"name": "A"}], "added_editions": [{"name": "E"}]} | change
    answer = catalogue.admin.ask("POST", f"/admin-series/edit/{series}", json=body)
    assert (answer.status_code, answer.json()["data"]) == INVALID
    assert list(answer.json()["errors"]) == [blamed]
    assert catalogue.get(series) == before
    assert catalogue.editions(series) == []


def test_what_an_edit_removes_it_cannot_modify(catalogue: Catalogue) -> None:
    series = catalogue.series()
    catalogue.edit(series, added_editions=[{"name": "Edition"}])
    edition = catalogue.editions(series)[0]["id"]
    body = {"removed_editions": [edition], "modified_editions": [{"id": edition, "name": "Renamed"}]}
    answer = catalogue.admin.ask("POST", f"/admin-series/edit/{series}", json=body)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["modified_editions"])
    assert catalogue.editions(series)[0]["name"] == "Edition"


def test_parts_of_another_series_are_out_of_reach(catalogue: Catalogue) -> None:
    mine, theirs = catalogue.series("Mine"), catalogue.series("Theirs")
    catalogue.edit(theirs, added_aliases=[{"name": "Alias"}], added_editions=[{"name": "Edition"}])
    alias = catalogue.get(theirs)["aliases"][0]["id"]
    edition = catalogue.editions(theirs)[0]["id"]
    for change in (
        {"removed_aliases": [alias]},
        {"removed_editions": [edition]},
        {"modified_editions": [{"id": edition, "name": "Stolen"}]},
    ):
        assert catalogue.admin.refused("POST", f"/admin-series/edit/{mine}", json=change) == INVALID
    assert catalogue.editions(theirs)[0]["name"] == "Edition"


def test_a_name_taken_meanwhile_is_a_409(catalogue: Catalogue) -> None:
    catalogue.series("First")
    second = catalogue.series("Second")
    assert catalogue.admin.refused("POST", f"/admin-series/edit/{second}", json={"name": "FIRST"}) == EXISTS
    catalogue.edit(second, name="SECOND")
    assert catalogue.get(second)["name"] == "SECOND"


def test_two_people_adding_one_description_at_once(catalogue: Catalogue) -> None:
    series = catalogue.series("Described")
    body = {"added_descriptions": [{"language": "ja", "text": "物語"}]}
    path = f"/admin-series/edit/{series}"
    answers = at_once([partial(catalogue.admin.ask, "POST", path, json=body)] * 4)
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]
    assert len(catalogue.get(series)["descriptions"]) == 1


def test_another_clients_series_is_not_found(catalogue: Catalogue) -> None:
    series = catalogue.series("Ours")
    stranger = {"client": catalogue.client + 1, "name": "Theirs"}
    assert catalogue.admin.refused("POST", f"/admin-series/edit/{series}", json=stranger) == UNKNOWN
    catalogue.edit(series, client=catalogue.client, name="Still ours")


@pytest.mark.parametrize("unknown", [MAX_ID, MAX_ID - 1])
def test_an_unknown_series_is_not_found(admin: Client, unknown: int) -> None:
    assert admin.refused("GET", f"/admin-series/id/{unknown}") == UNKNOWN
    assert admin.refused("POST", f"/admin-series/edit/{unknown}", json={"name": "A"}) == UNKNOWN
    assert admin.refused("DELETE", f"/admin-series/delete/{unknown}") == UNKNOWN
    assert admin.refused("GET", f"/series/editions/{unknown}") == UNKNOWN


def test_editions_are_open_to_all(catalogue: Catalogue, anonymous: Client) -> None:
    series = catalogue.series("Open")
    catalogue.edit(series, added_editions=[{"name": "Band 10"}, {"name": "band 9"}])
    editions = anonymous.get(f"/series/editions/{series}")
    assert [edition["name"] for edition in editions] == ["band 9", "Band 10"]

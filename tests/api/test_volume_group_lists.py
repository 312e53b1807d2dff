"""Lists of volume groups: documents, order, search, pages and the trash, against a plain model."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.errors import INVALID, MISSING
from tests.support.group_library import SEARCHES, Model
from tests.support.ids import MAX_ID

NOTHING = {"groups": [], "max": 0, "from": 0, "to": 0, "total": 0}


def test_a_group_shows_the_documented_fields(catalogue: Catalogue) -> None:
    series = catalogue.series("Series", type="Comic")
    catalogue.edit(series, added_editions=[{"name": "Deluxe"}])
    edition = catalogue.editions(series)[0]["id"]
    group = catalogue.group(series, "Group")
    plain = catalogue.volume(group, "Volume 1")
    special = catalogue.volume(group, "Volume 2", edition=edition)
    changes = {"special": True, "special_name": "Gold", "nsfw": True, "nsfw18": 1}
    catalogue.admin.post(f"/admin-volumes/edit-volume/{special}", **changes)
    lock = {"route": "volume", "id": special}
    catalogue.admin.post("/admin/lock", **lock)
    without_volumes = {
        "id": group,
        "name": "Group",
        "series_order": 0,
        "series": {"id": series, "name": "Series", "type": "Comic"},
    }
    volumes = [
        {
            "id": plain,
            "name": "Volume 1",
            "slug": "series-volume-1-de",
            "language": "German",
            "edition_id": None,
            "edition_name": None,
            "special": 0,
            "special_name": None,
            "nsfw": 0,
            "nsfw18": 0,
            "locked_by": None,
        },
        {
            "id": special,
            "name": "Volume 2",
            "slug": "series-deluxe-gold-volume-2-de",
            "language": "German",
            "edition_id": edition,
            "edition_name": "Deluxe",
            "special": 1,
            "special_name": "Gold",
            "nsfw": 1,
            "nsfw18": 1,
            "locked_by": {"id": catalogue.admin.user["id"], "username": catalogue.admin.user["username"]},
        },
    ]
    facts = {"max": 1, "from": 1, "to": 1, "total": 1}
    # The same document at once and as a stream.
    for limit in (10, MAX_ID):
        query = {"client": catalogue.client, "limit": limit}
        page = catalogue.admin.get("/admin-volumes", **query)
        assert page == {"groups": [{**without_volumes, "volumes": volumes}], **facts}
        names = {"groups": [without_volumes], **facts}
        assert catalogue.admin.get("/admin-volumes/names", **query) == names
        for flag in ("true", "TRUE", "1"):
            assert catalogue.admin.get("/admin-volumes", **query, withoutVolumes=flag) == names
    catalogue.admin.delete("/admin/remove-lock", **lock)


def test_an_unknown_client_has_an_empty_catalogue(catalogue: Catalogue) -> None:
    for path in ("/admin-volumes", "/admin-volumes/names"):
        assert catalogue.admin.get(path, client=catalogue.client) == NOTHING
        assert catalogue.admin.get(path, client=catalogue.client, limit=5) == NOTHING
    assert catalogue.admin.get("/admin-volumes", client=catalogue.client, trashBin=1) == NOTHING


@pytest.mark.parametrize("path", ["/admin-volumes", "/admin-volumes/names"])
@pytest.mark.parametrize(
    ("query", "expected", "blamed"),
    [
        ({}, MISSING, {"client"}),
        ({"client": " "}, MISSING, {"client"}),
        ({"client": "abc"}, INVALID, {"client"}),
        ({"client": "0"}, INVALID, {"client"}),
        ({"client": 1, "order": "added-asc"}, INVALID, {"order"}),
        ({"client": 1, "limit": 0}, INVALID, {"limit"}),
        ({"client": 1, "limit": MAX_ID + 1}, INVALID, {"limit"}),
        ({"client": 1, "offset": -1}, INVALID, {"offset"}),
        ({"client": 1, "search": "\x00"}, INVALID, {"search"}),
        ({"client": 1, "search": "x" * 256}, INVALID, {"search"}),
        ({"limit": "x"}, MISSING, {"client", "limit"}),
    ],
)
def test_an_unusable_query(
    admin: Client, path: str, query: dict[str, Any], expected: tuple[int, str], blamed: set[str]
) -> None:
    answer = admin.ask("GET", path, params=query)
    assert (answer.status_code, answer.json()["data"]) == expected
    assert set(answer.json()["errors"]) == blamed


def test_an_unusable_flag(admin: Client) -> None:
    for flag in ("trashBin", "withoutVolumes"):
        assert admin.refused("GET", "/admin-volumes", params={"client": 1, flag: "yes"}) == INVALID


@pytest.fixture(scope="module")
def library(admin: Client) -> Model:
    return Model(Catalogue(admin))


ORDERS = st.sampled_from(["name-asc", "name-desc", "series-title-asc", "series-title-desc"])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=ORDERS,
    search=st.sampled_from(SEARCHES),
    limit=st.one_of(st.integers(1, 8), st.just(MAX_ID), st.just(1001)),
    offset=st.one_of(st.integers(0, 30), st.just(MAX_ID)),
    path=st.sampled_from(["/admin-volumes", "/admin-volumes/names"]),
)
def test_a_page_is_the_part_of_the_model_it_says(
    library: Model, order: str, search: str, limit: int, offset: int, path: str
) -> None:
    query = {"order": order, "search": search, "limit": limit, "offset": offset}
    page = library.catalogue.admin.get(path, client=library.catalogue.client, **query)
    matches = library.list(order, search)
    shown = matches[offset : offset + limit]
    assert [group["id"] for group in page["groups"]] == [row["id"] for row in shown]
    assert [group["series_order"] for group in page["groups"]] == [row["series_order"] for row in shown]
    facts = {"max": -(-len(matches) // limit), "from": offset + 1, "to": offset + len(shown)}
    expected = facts if shown else {"max": 0, "from": 0, "to": 0}
    assert {name: page[name] for name in ("max", "from", "to", "total")} == {
        **expected,
        "total": len(matches),
    }


@pytest.mark.parametrize("order", ["name-asc", "name-desc", "series-title-asc", "series-title-desc"])
def test_pages_put_together_are_the_whole_list(library: Model, order: str) -> None:
    ids = []
    for offset in range(0, len(library.groups), 3):
        query = {"order": order, "limit": 3, "offset": offset, "withoutVolumes": "true"}
        page = library.catalogue.admin.get("/admin-volumes", client=library.catalogue.client, **query)
        ids += [group["id"] for group in page["groups"]]
    assert ids == [row["id"] for row in library.list(order, "")]


def test_a_renamed_series_is_found_under_its_new_name_and_place(catalogue: Catalogue) -> None:
    series, other = catalogue.series("Old"), catalogue.series("Middle")
    groups = [catalogue.group(other), catalogue.group(series)]
    catalogue.edit(series, name="A New One", added_aliases=[{"name": "別名"}])
    page = catalogue.admin.get("/admin-volumes", client=catalogue.client)
    assert [group["id"] for group in page["groups"]] == groups[::-1]
    for search, found in {"new": 1, "old": 0, "名": 1}.items():
        assert catalogue.admin.get("/admin-volumes", client=catalogue.client, search=search)["total"] == found


def test_the_number_of_groups_follows_every_change(catalogue: Catalogue) -> None:
    def total() -> Any:
        return catalogue.admin.get("/admin-volumes", client=catalogue.client, limit=1)["total"]

    series, other = catalogue.series(), catalogue.series()
    groups = [catalogue.group(series) for _ in range(4)]
    assert total() == 4
    catalogue.admin.delete(f"/admin-volumes/delete-group/{groups[0]}")
    catalogue.admin.delete(f"/admin-volumes/delete-group/{groups[1]}")
    assert total() == 2
    catalogue.admin.post(f"/admin-volumes/restore-group/{groups[0]}")
    catalogue.admin.delete(f"/admin-volumes/purge-group/{groups[1]}")
    assert total() == 3
    elsewhere = Catalogue(catalogue.admin)
    catalogue.admin.post(f"/admin-volumes/edit-group/{groups[2]}", name="x", series=elsewhere.series())
    assert total() == 2
    assert elsewhere.admin.get("/admin-volumes", client=elsewhere.client)["total"] == 1
    catalogue.group(other)
    catalogue.admin.delete(f"/admin-series/delete/{series}")
    assert total() == 1


def test_the_trash_shows_trashed_groups_and_a_default_group_a_series(catalogue: Catalogue) -> None:
    def trash(**query: Any) -> list[tuple[int, str]]:
        page = catalogue.admin.get("/admin-volumes", client=catalogue.client, trashBin="true", **query)
        assert page["total"] >= len(page["groups"])
        return [(group["id"], group["series"]["name"]) for group in page["groups"]]

    zoo, ape, calm = catalogue.series("Zoo"), catalogue.series("Ape"), catalogue.series("Calm")
    catalogue.volume(catalogue.group(calm))
    trashed = {}
    for series in (zoo, ape):
        for name, filled in (("Second", True), ("First", False)):
            trashed[series, name] = group = catalogue.group(series, name)
            if filled:
                catalogue.volume(group)
        catalogue.group(series, "Kept")
    for group in trashed.values():
        catalogue.admin.delete(f"/admin-volumes/delete-group/{group}")
    apes = [(-1, "Ape"), (trashed[ape, "Second"], "Ape"), (trashed[ape, "First"], "Ape")]
    zoos = [(-1, "Zoo"), (trashed[zoo, "Second"], "Zoo"), (trashed[zoo, "First"], "Zoo")]
    assert trash() == apes + zoos
    assert trash(order="series-title-desc") == zoos + apes
    defaults = [(-1, "Zoo"), (-1, "Ape")]
    firsts = [(trashed[zoo, "First"], "Zoo"), (trashed[ape, "First"], "Ape")]
    seconds = [(trashed[zoo, "Second"], "Zoo"), (trashed[ape, "Second"], "Ape")]
    assert trash(order="name-asc") == defaults + firsts + seconds
    assert trash(order="name-desc") == (defaults + firsts + seconds)[::-1]
    assert trash(limit=2, offset=2) == (apes + zoos)[2:4]
    assert trash(search="first") == [firsts[1], firsts[0]]
    assert trash(search="ZOO") == zoos
    assert trash(search="defau") == defaults[::-1]
    assert trash(search="calm") == []
    page = catalogue.admin.get(
        "/admin-volumes", client=catalogue.client, trashBin=1, withoutVolumes=1, limit=1
    )
    assert page["total"] == 6
    assert "volumes" not in page["groups"][0]

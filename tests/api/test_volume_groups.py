"""Volume groups: adding, editing, trashing, restoring and purging them."""

from typing import Any

import pytest

from tests.support.catalogue import Catalogue
from tests.support.errors import INVALID, MISSING
from tests.support.ids import MAX_ID
from tests.support.overlap import at_once

UNKNOWN_GROUP = (404, "Volume group not found")
UNKNOWN_SERIES = (404, "Series not found")
TAKEN = (409, "Volume group with the same name already exists in this series")


def order_of(catalogue: Catalogue, series: int) -> list[int]:
    """Return the ids of a series' groups in order, after checking that positions are 0..n-1."""
    groups = catalogue.admin.get(f"/admin-volumes/groups/{series}")
    assert [group["series_order"] for group in groups] == list(range(len(groups)))
    return [group["id"] for group in groups]


def volumes_of(catalogue: Catalogue, group: int) -> list[int]:
    """Return the ids of a group's volumes in order, after checking that positions are 0..n-1."""
    page = catalogue.admin.get("/admin-volumes", client=catalogue.client)
    (found,) = [entry for entry in page["groups"] if entry["id"] == group]
    ids = [volume["id"] for volume in found["volumes"]]
    assert [catalogue.get_volume(volume)["group_order"] for volume in ids] == list(range(len(ids)))
    return ids


def trash(catalogue: Catalogue, **query: Any) -> list[Any]:
    groups = catalogue.admin.get("/admin-volumes", client=catalogue.client, trashBin="true", **query)[
        "groups"
    ]
    return list(groups)


def delete(catalogue: Catalogue, group: int) -> None:
    answer = catalogue.admin.delete(f"/admin-volumes/delete-group/{group}")
    assert answer == {"data": "Deleted volume group", "code": 200}


def restore(catalogue: Catalogue, group: int) -> None:
    answer = catalogue.admin.post(f"/admin-volumes/restore-group/{group}")
    assert answer == {"data": "Restored volume group", "code": 200}


def purge(catalogue: Catalogue, group: int) -> None:
    answer = catalogue.admin.delete(f"/admin-volumes/purge-group/{group}")
    assert answer == {"data": "Purged volume group", "code": 200}


def test_a_new_group_comes_last(catalogue: Catalogue) -> None:
    series = catalogue.series("Series", type="Novel")
    first = catalogue.group(series, "Zebra")
    added = catalogue.admin.post("/admin-volumes/add-group", name="  Ape ", series=str(series))
    assert added == {"data": "Added volume group", "code": 200, "id": added["id"]}
    of_series = {"id": series, "name": "Series", "type": "Novel"}
    assert catalogue.admin.get(f"/admin-volumes/groups/{series}") == [
        {"id": first, "name": "Zebra", "series_order": 0, "series": of_series},
        {"id": added["id"], "name": "Ape", "series_order": 1, "series": of_series},
    ]


def test_groups_of_a_series_that_is_not_there(catalogue: Catalogue) -> None:
    assert catalogue.admin.get(f"/admin-volumes/groups/{catalogue.series()}") == []
    assert catalogue.admin.refused("GET", f"/admin-volumes/groups/{MAX_ID}") == UNKNOWN_SERIES
    assert catalogue.admin.refused("GET", "/admin-volumes/groups") == MISSING
    assert catalogue.admin.refused("GET", "/admin-volumes/groups/-1") == INVALID


def test_a_name_is_there_once_in_a_series_whatever_its_case(catalogue: Catalogue) -> None:
    series, other = catalogue.series(), catalogue.series()
    group = catalogue.group(series, "Straße")
    again = {"name": "STRASSE", "series": series}
    assert catalogue.admin.refused("POST", "/admin-volumes/add-group", json=again) == TAKEN
    catalogue.group(other, "strasse")
    renamed = catalogue.group(series, "Other")
    assert catalogue.admin.refused("POST", f"/admin-volumes/edit-group/{renamed}", json=again) == TAKEN
    catalogue.admin.post(f"/admin-volumes/edit-group/{group}", name="strasse", series=series)
    delete(catalogue, group)
    catalogue.group(series, "STRASSE")


def test_of_two_equal_names_at_once_one_is_taken(catalogue: Catalogue) -> None:
    series = catalogue.series()

    def add(name: str) -> tuple[int, str]:
        answer = catalogue.admin.ask(
            "POST", "/admin-volumes/add-group", json={"name": name, "series": series}
        )
        return answer.status_code, answer.json()["data"]

    for number in range(8):
        answers = at_once([lambda: add(f"twin {number}"), lambda: add(f"TWIN {number}")])  # noqa: B023
        assert sorted(answers) == [(200, "Added volume group"), TAKEN]
    assert len(order_of(catalogue, series)) == 8


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ({"name": "x"}, MISSING),
        ({"name": " ", "series": 1}, MISSING),
        ({"name": None, "series": 1}, MISSING),
        ({"name": "x" * 256, "series": 1}, INVALID),
        ({"name": "x\x00", "series": 1}, INVALID),
        ({"name": 5, "series": 1}, INVALID),
        ({"name": "x", "series": "abc"}, INVALID),
        ({"name": "x", "series": -1}, INVALID),
        ({"name": "x", "series": 1.5}, INVALID),
        ({"name": "x", "series": MAX_ID}, UNKNOWN_SERIES),
    ],
)
def test_a_group_that_cannot_be(catalogue: Catalogue, body: dict[str, Any], answer: tuple[int, str]) -> None:
    group = catalogue.group(catalogue.series())
    assert catalogue.admin.refused("POST", "/admin-volumes/add-group", json=body) == answer
    assert catalogue.admin.refused("POST", f"/admin-volumes/edit-group/{group}", json=body) == answer


def test_moving_a_group_takes_its_volumes_to_the_end_of_the_other_series(catalogue: Catalogue) -> None:
    here, there = catalogue.series("Here"), catalogue.series("There")
    catalogue.edit(here, added_editions=[{"name": "Deluxe"}])
    edition = catalogue.editions(here)[0]["id"]
    first, moved, last = (catalogue.group(here, name) for name in "abc")
    resident = catalogue.group(there, "a")
    volumes = [catalogue.volume(moved, f"Volume {number}", edition=edition) for number in (1, 2)]
    answer = catalogue.admin.post(f"/admin-volumes/edit-group/{moved}", name="B", series=there)
    assert answer == {"data": "Edited volume group", "code": 200}
    assert order_of(catalogue, here) == [first, last]
    assert order_of(catalogue, there) == [resident, moved]
    assert volumes_of(catalogue, moved) == volumes
    document = catalogue.get_volume(volumes[0])
    assert (document["series_id"], document["series"]["name"], document["edition_id"]) == (
        there,
        "There",
        None,
    )
    assert document["slug"] == "there-volume-1-de"
    assert (
        catalogue.admin.refused(
            "POST", f"/admin-volumes/edit-group/{first}", json={"name": "A", "series": there}
        )
        == TAKEN
    )
    assert order_of(catalogue, here) == [first, last]


def test_a_deleted_group_leaves_its_volumes_in_the_default_group(catalogue: Catalogue) -> None:
    series = catalogue.series("Series")
    first, second, third = (catalogue.group(series, name) for name in "abc")
    volumes = [catalogue.volume(second) for _ in range(3)]
    delete(catalogue, second)
    assert order_of(catalogue, series) == [first, third]
    default, trashed = trash(catalogue)
    of_series = {"id": series, "name": "Series", "type": "Manga"}
    assert (default["id"], default["name"], default["series"]) == (-1, "Default", of_series)
    assert [volume["id"] for volume in default["volumes"]] == volumes
    assert trashed == {"id": second, "name": "b", "series_order": 1, "series": of_series, "volumes": []}
    document = catalogue.get_volume(volumes[0])
    assert (document["group_id"], document["series_id"]) == (-1, series)
    shown = catalogue.admin.get("/admin-volumes", client=catalogue.client)
    assert [group["id"] for group in shown["groups"]] == [first, third]


def test_what_is_in_the_trash_cannot_be_changed_only_restored_or_purged(catalogue: Catalogue) -> None:
    series = catalogue.series()
    group = catalogue.group(series)
    post, body = catalogue.admin.refused, {"name": "x", "series": series}
    assert post("POST", f"/admin-volumes/restore-group/{group}") == UNKNOWN_GROUP
    assert post("DELETE", f"/admin-volumes/purge-group/{group}") == UNKNOWN_GROUP
    delete(catalogue, group)
    assert post("DELETE", f"/admin-volumes/delete-group/{group}") == UNKNOWN_GROUP
    assert post("POST", f"/admin-volumes/edit-group/{group}", json=body) == UNKNOWN_GROUP
    assert post("POST", "/admin-volumes/reorder-groups", json={"order": [group]}) == INVALID
    new = {"name": "x", "group": group, "language": "de"}
    assert post("POST", "/admin-volumes/add-volume", json=new) == UNKNOWN_GROUP
    purge(catalogue, group)
    assert post("POST", f"/admin-volumes/restore-group/{group}") == UNKNOWN_GROUP


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "edit-group"),
        ("DELETE", "delete-group"),
        ("POST", "restore-group"),
        ("DELETE", "purge-group"),
    ],
)
def test_the_default_group_and_groups_that_are_not_there(
    catalogue: Catalogue, method: str, path: str
) -> None:
    body = {"json": {"name": "x", "series": catalogue.series()}}
    assert catalogue.admin.refused(method, f"/admin-volumes/{path}/-1", **body) == INVALID
    assert catalogue.admin.refused(method, f"/admin-volumes/{path}/{MAX_ID}", **body) == UNKNOWN_GROUP
    assert catalogue.admin.refused(method, f"/admin-volumes/{path}", **body) == MISSING


def test_a_restored_group_is_where_it_was_with_its_volumes(catalogue: Catalogue) -> None:
    series = catalogue.series()
    groups = [catalogue.group(series) for _ in range(4)]
    volumes = [catalogue.volume(groups[1]) for _ in range(4)]
    catalogue.admin.post("/admin-volumes/update-order", order=volumes[::-1])
    catalogue.admin.post(f"/admin-volumes/edit-volume/{volumes[0]}", public=True)
    delete(catalogue, groups[1])
    catalogue.admin.post(f"/admin-volumes/edit-volume/{volumes[1]}", group=groups[0])
    catalogue.admin.delete(f"/admin-volumes/delete-volume/{volumes[3]}")
    restore(catalogue, groups[1])
    assert order_of(catalogue, series) == groups
    assert volumes_of(catalogue, groups[1]) == [volumes[2], volumes[0]]
    assert volumes_of(catalogue, groups[0]) == [volumes[1]]
    assert trash(catalogue) == []


@pytest.mark.parametrize("restored", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)])
def test_groups_restored_in_any_order_are_where_they_were(
    catalogue: Catalogue, restored: tuple[int, ...]
) -> None:
    series = catalogue.series()
    groups = [catalogue.group(series) for _ in range(4)]
    for group in groups[:3]:
        delete(catalogue, group)
    for number in restored:
        restore(catalogue, groups[number])
    assert order_of(catalogue, series) == groups


def test_a_trashed_group_keeps_its_place_while_others_are_reordered(catalogue: Catalogue) -> None:
    series = catalogue.series()
    first, trashed, third, fourth = [catalogue.group(series) for _ in range(4)]
    delete(catalogue, trashed)
    catalogue.admin.post("/admin-volumes/reorder-groups", order=[fourth, third])
    assert order_of(catalogue, series) == [fourth, third, first]
    restore(catalogue, trashed)
    assert order_of(catalogue, series) == [fourth, trashed, third, first]
    assert trash(catalogue) == []


def test_a_group_whose_name_was_taken_meanwhile_stays_in_the_trash(catalogue: Catalogue) -> None:
    series = catalogue.series()
    group = catalogue.group(series, "Name")
    volume = catalogue.volume(group)
    delete(catalogue, group)
    catalogue.group(series, "NAME")
    assert catalogue.admin.refused("POST", f"/admin-volumes/restore-group/{group}") == TAKEN
    assert [entry["id"] for entry in trash(catalogue)] == [-1, group]
    assert catalogue.get_volume(volume)["group_id"] == -1


def test_volumes_of_a_purged_group_stay_in_the_default_group(catalogue: Catalogue) -> None:
    series = catalogue.series()
    groups = [catalogue.group(series) for _ in range(3)]
    volume = catalogue.volume(groups[0])
    delete(catalogue, groups[0])
    purge(catalogue, groups[0])
    (default,) = trash(catalogue)
    assert [entry["id"] for entry in default["volumes"]] == [volume]
    assert order_of(catalogue, series) == groups[1:]


def test_a_group_deleted_at_once_with_a_volume_added_leaves_nothing_between(catalogue: Catalogue) -> None:
    series = catalogue.series()
    for _ in range(6):
        group = catalogue.group(series)
        new = {"name": "x", "group": group, "language": "de"}
        added, deleted = at_once(
            [
                lambda: catalogue.admin.ask("POST", "/admin-volumes/add-volume", json=new),  # noqa: B023
                lambda: catalogue.admin.ask("DELETE", f"/admin-volumes/delete-group/{group}"),  # noqa: B023
            ]
        )
        assert deleted.status_code == 200, deleted.text
        assert added.status_code in (200, 404), added.text
        if added.status_code == 200:
            assert catalogue.get_volume(added.json()["id"])["group_id"] == -1

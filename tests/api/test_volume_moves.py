"""Volumes that move to another group, and the default group."""

from tests.support.catalogue import Catalogue
from tests.support.errors import INVALID

UNKNOWN_GROUP = (404, "Volume group not found")


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
    catalogue.edit_volume(newcomer, group=group)
    document = catalogue.get_volume(newcomer)
    assert (document["group_order"], document["edition_name"]) == (0, "Here")
    catalogue.edit_volume(newcomer, group=target)
    document = catalogue.get_volume(newcomer)
    assert (document["group_id"], document["group_order"], document["series_id"]) == (target, 1, there)
    assert document["edition_id"] is None
    assert catalogue.get_volume(left)["group_order"] == 0
    catalogue.edit_volume(left, group=target, edition=catalogue.editions(there)[0]["id"])
    assert catalogue.get_volume(left)["edition_name"] == "There"
    assert catalogue.get_volume(resident)["group_order"] == 0
    own = catalogue.editions(series)[0]["id"]
    assert (
        catalogue.refused_edit(resident, group=group, edition=catalogue.editions(there)[0]["id"]) == INVALID
    )
    catalogue.edit_volume(resident, group=group, edition=own)


def test_a_volume_leaves_the_default_group_but_cannot_be_put_there(
    catalogue: Catalogue, series: int, group: int, volume: int
) -> None:
    assert catalogue.refused_edit(volume, group=-1) == INVALID
    catalogue.admin.delete(f"/admin-volumes/delete-group/{group}")
    catalogue.edit_volume(volume, group=-1, name="Still there")
    assert catalogue.get_volume(volume)["group_id"] == -1
    assert catalogue.refused_edit(volume, group=group) == UNKNOWN_GROUP
    target = catalogue.group(series)
    catalogue.edit_volume(volume, group=target)
    assert catalogue.get_volume(volume)["group_id"] == target
    catalogue.admin.post(f"/admin-volumes/restore-group/{group}")
    assert catalogue.get_volume(volume)["group_id"] == target

"""Deleting a series, and everything that belongs to it."""

from functools import partial

from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.overlap import at_once
from tests.support.readers import STATUS

UNKNOWN = (404, "Series not found")


def test_deleting_a_series_takes_all_of_it_along(catalogue: Catalogue) -> None:
    series = catalogue.series("Doomed")
    catalogue.edit(
        series,
        added_aliases=[{"name": "A"}],
        added_descriptions=[{"language": "de", "text": "a"}],
        added_editions=[{"name": "E"}],
    )
    group, trashed = catalogue.group(series), catalogue.group(series)
    volumes = [catalogue.volume(group), catalogue.volume(trashed)]
    catalogue.admin.delete(f"/admin-volumes/delete-group/{trashed}")
    answer = catalogue.admin.delete(f"/admin-series/delete/{series}")
    assert answer == {"data": "Series deleted successfully", "code": 200}
    assert catalogue.admin.refused("GET", f"/admin-series/id/{series}") == UNKNOWN
    for volume in volumes:
        assert catalogue.admin.refused("GET", f"/admin-volumes/id/{volume}") == (404, "Volume not found")
    for trash in ("false", "true"):
        groups = catalogue.admin.get("/admin-volumes", client=catalogue.client, trashBin=trash)
        assert (groups["groups"], groups["total"]) == ([], 0)
    catalogue.series("Doomed")


def test_readers_lose_what_they_wrote_about_a_deleted_series(catalogue: Catalogue, member: Client) -> None:
    series = catalogue.series()
    volume = catalogue.volume(catalogue.group(series))
    member.post(f"/user/reading-status/add/{series}", **STATUS, client=catalogue.client)
    member.post(f"/user/series-rating/add/{series}", rating=7)
    member.post(f"/user/collection/add/{volume}", client=catalogue.client)
    catalogue.admin.delete(f"/admin-series/delete/{series}")
    assert member.get(f"/user/reading-status/id/{series}") is None
    assert member.get(f"/user/series-rating/{series}") is None
    assert member.get("/user/collection", client=catalogue.client)["total"] == 0


def test_a_series_deleted_while_volumes_arrive_leaves_nothing(catalogue: Catalogue) -> None:
    for _ in range(3):
        series = catalogue.series()
        group = catalogue.group(series)
        volume = {"name": "Volume", "group": group, "language": "de"}
        deletion = partial(catalogue.admin.ask, "DELETE", f"/admin-series/delete/{series}")
        adding = partial(catalogue.admin.ask, "POST", "/admin-volumes/add-volume", json=volume)
        deleted, *added = at_once([deletion, adding, adding, adding])
        assert deleted.status_code == 200, deleted.text
        for answer in added:
            assert answer.status_code in (200, 404), answer.text
            if answer.status_code == 200:
                missing = catalogue.admin.refused("GET", f"/admin-volumes/id/{answer.json()['id']}")
                assert missing == (404, "Volume not found")

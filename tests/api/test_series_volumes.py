"""Series and the volumes in them: editions in use and the slugs of volumes."""

from functools import partial

from tests.support.catalogue import Catalogue
from tests.support.overlap import at_once


def test_an_edition_in_use_stays(catalogue: Catalogue) -> None:
    series = catalogue.series("Used")
    catalogue.edit(series, added_editions=[{"name": "Bound"}, {"name": "Unused"}])
    bound, unused = (edition["id"] for edition in catalogue.editions(series))
    catalogue.volume(catalogue.group(series), edition=bound)
    refused = catalogue.admin.refused(
        "POST", f"/admin-series/edit/{series}", json={"name": "New", "removed_editions": [unused, bound]}
    )
    assert refused == (409, "Edition in use")
    assert [edition["id"] for edition in catalogue.editions(series)] == [bound, unused]
    assert catalogue.get(series)["name"] == "Used"


def test_slugs_of_volumes_follow_their_series_and_edition(catalogue: Catalogue) -> None:
    series = catalogue.series("Old Name")
    catalogue.edit(series, added_editions=[{"name": "Deluxe"}])
    edition = catalogue.editions(series)[0]["id"]
    group = catalogue.group(series)
    plain, bound = catalogue.volume(group), catalogue.volume(group, edition=edition)
    catalogue.edit(series, name="New Name")
    assert catalogue.get_volume(plain)["slug"].startswith("new-name-")
    assert catalogue.get_volume(bound)["slug"].startswith("new-name-deluxe-")
    catalogue.edit(series, modified_editions=[{"id": edition, "name": "Perfect"}])
    assert catalogue.get_volume(bound)["slug"].startswith("new-name-perfect-")
    before = catalogue.get_volume(bound)["slug"]
    catalogue.edit(series, name="new name", modified_editions=[{"id": edition, "publisher": "P"}])
    assert catalogue.get_volume(bound)["slug"] == before


def test_a_volume_added_during_a_rename_has_the_new_name_in_its_slug(catalogue: Catalogue) -> None:
    series = catalogue.series("Name 0")
    group = catalogue.group(series)
    for number in range(1, 6):
        rename = partial(catalogue.edit, series, name=f"Name {number}")
        volumes = [partial(catalogue.volume, group) for _ in range(3)]
        _, *added = at_once([rename, *volumes])
        slugs = [catalogue.get_volume(volume)["slug"] for volume in added]
        assert all(slug.startswith(f"name-{number}-") for slug in slugs), slugs


def test_a_volume_and_the_removal_of_its_edition_at_once(catalogue: Catalogue) -> None:
    series = catalogue.series()
    group = catalogue.group(series)
    for _ in range(5):
        catalogue.edit(series, added_editions=[{"name": "Short-lived"}])
        edition = catalogue.editions(series)[-1]["id"]
        volume = {"name": "Volume", "group": group, "language": "de", "edition": edition}
        added, removed = at_once(
            [
                partial(catalogue.admin.ask, "POST", "/admin-volumes/add-volume", json=volume),
                partial(
                    catalogue.admin.ask,
                    "POST",
                    f"/admin-series/edit/{series}",
                    json={"removed_editions": [edition]},
                ),
            ]
        )
        statuses = (added.status_code, removed.status_code)
        assert statuses in {(200, 409), (400, 200)}, (added.text, removed.text)
        if statuses == (200, 409):
            catalogue.admin.delete(f"/admin-volumes/delete-volume/{added.json()['id']}")
            catalogue.edit(series, removed_editions=[edition])

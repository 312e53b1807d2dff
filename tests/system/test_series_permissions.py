"""Deleting a series with a set of permissions that no role of the installation has."""

from tests.support.catalogue import Catalogue
from tests.support.internal_client import Program


def test_deleting_volumes_along_needs_the_right_to(catalogue: Catalogue, catalog: Program) -> None:
    series, empty = catalogue.series(), catalogue.series()
    volume = catalogue.volume(catalogue.group(series))
    catalogue.group(empty)
    lesser = catalog.called_by("gateway", "delete-series")
    assert lesser.send("DELETE", f"/admin-series/delete/{series}") == (
        403,
        {"data": "Forbidden", "code": 403},
    )
    assert catalogue.get_volume(volume)["series_id"] == series
    assert lesser.send("DELETE", f"/admin-series/delete/{empty}")[0] == 200
    trusted = catalog.called_by("gateway", "delete-series delete-volumes")
    assert trusted.send("DELETE", f"/admin-series/delete/{series}")[0] == 200


def test_a_volume_out_of_its_group_counts_too(catalogue: Catalogue, catalog: Program) -> None:
    series = catalogue.series()
    group = catalogue.group(series)
    catalogue.volume(group)
    catalogue.admin.delete(f"/admin-volumes/delete-group/{group}")
    lesser = catalog.called_by("gateway", "delete-series")
    assert lesser.send("DELETE", f"/admin-series/delete/{series}")[0] == 403

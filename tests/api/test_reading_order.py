"""The position of a volume in reading order, against a model; and the copyright proposed for it."""

import random
from typing import Any

from tests.support.catalogue import Catalogue


def navigation(catalogue: Catalogue, volume: int) -> Any:
    return catalogue.get_volume(volume)["navigation"]


def test_neighbours_are_those_of_series_language_and_edition(catalogue: Catalogue) -> None:
    draw = random.Random(5)
    series = catalogue.series()
    catalogue.edit(series, added_editions=[{"name": "A"}, {"name": "B"}])
    editions = [None, *(edition["id"] for edition in catalogue.editions(series))]
    groups = [catalogue.group(series) for _ in range(4)]
    kinds: dict[int, tuple[str, int | None]] = {}
    places: dict[int, list[int]] = {group: [] for group in groups}
    for _ in range(40):
        kind = draw.choice(["German", "English"]), draw.choice(editions)
        group = draw.choice(groups)
        volume = catalogue.volume(group, language=kind[0], edition=kind[1])
        kinds[volume] = kind
        places[group].append(volume)
    stranger = catalogue.volume(catalogue.group(catalogue.series()))
    for group, volumes in places.items():
        draw.shuffle(volumes)
        if volumes:
            catalogue.admin.post("/admin-volumes/update-order", order=volumes)
        assert group in groups
    draw.shuffle(groups)
    catalogue.admin.post("/admin-volumes/reorder-groups", order=groups)
    trashed = groups.pop(1)
    catalogue.admin.delete(f"/admin-volumes/delete-group/{trashed}")
    reading = [volume for group in groups for volume in places[group]]
    for volume, kind in kinds.items():
        if volume in places[trashed]:
            assert navigation(catalogue, volume) == {"next": None, "prev": None, "index": 0, "count": 1}
            continue
        row = [other for other in reading if kinds[other] == kind]
        index = row.index(volume)
        assert navigation(catalogue, volume) == {
            "prev": str(row[index - 1]) if index else None,
            "next": str(row[index + 1]) if index + 1 < len(row) else None,
            "index": index,
            "count": len(row),
        }
    assert navigation(catalogue, stranger)["count"] == 1


def test_the_last_copyright_is_the_newest_of_another_volume_of_the_series(catalogue: Catalogue) -> None:
    series = catalogue.series()
    group, other = catalogue.group(series), catalogue.group(series)
    first, second, third = catalogue.volume(group), catalogue.volume(group), catalogue.volume(other)
    stranger = catalogue.volume(catalogue.group(catalogue.series()))

    def last(volume: int) -> Any:
        return catalogue.get_volume(volume)["last_copyright"]

    def edit(volume: int, **changes: Any) -> None:
        catalogue.admin.post(f"/admin-volumes/edit-volume/{volume}", **changes)

    edit(first, copyright="first")
    assert (last(first), last(second), last(third), last(stranger)) == (None, "first", "first", None)
    edit(second, copyright="second", language="Polish")
    assert (last(first), last(second), last(third)) == ("second", "first", "second")
    edit(first, copyright="first", pages=3)
    assert last(third) == "second"
    edit(first, copyright="anew")
    assert (last(second), last(third)) == ("anew", "anew")
    edit(first, copyright=None)
    assert (last(second), last(third)) == (None, "second")

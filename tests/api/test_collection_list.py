"""The collection as a list: order, search and pages."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.fields.text import fold, natural_key
from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.errors import INVALID
from tests.support.ids import MAX_ID
from tests.support.readers import new_reader

COLLECTION = "/user/collection"


@dataclass
class Shelf:
    """A reader with a collection, and a copy of it in memory."""

    reader: Client
    client: int
    volumes: list[dict[str, Any]] = field(default_factory=list)

    def page(self, **query: Any) -> Any:
        return self.reader.get(COLLECTION, client=self.client, **query)

    def expected(self, order: str, search: str) -> list[int]:
        """Return the expected ids of the list, in order."""
        found = [
            volume for volume in self.volumes if any(fold(search) in fold(text) for text in volume["texts"])
        ]
        found.sort(key=lambda volume: volume["place"])
        found.sort(key=lambda volume: volume["series"])
        # Only titles are reversed: series with equal titles stay in the order of their ids.
        found.sort(key=lambda volume: natural_key(volume["title"]), reverse=order == "name-desc")
        return [volume["id"] for volume in found]


TITLES = (
    "Band 10",
    "band 2",
    "Ähre",
    "ahre",
    "Ahre",
    "100% Liebe",
    "進撃の巨人",
    "back\\slash",
    "snake_case",
)
ALIASES = {"ahre": "Attack on Titan", "band 2": "100_"}


@pytest.fixture(scope="module")
def shelf(admin: Client) -> Shelf:
    """Some volumes of series with titles that are equal, similar, or hard to sort; added in random order."""
    catalogue = Catalogue(admin)
    shelf = Shelf(new_reader(admin), catalogue.client)
    for number, title in enumerate(TITLES):
        series = catalogue.series(title, type=("Manga", "Novel", "Comic")[number % 3])
        alias = ALIASES.get(title)
        if alias:
            catalogue.edit(series, added_aliases=[{"name": alias}])
        groups = [catalogue.group(series) for _ in range(2)]
        for place in range(5):
            name = f"Volume {10 - place}" if number % 2 else f"Heft {place} %"
            volume = catalogue.volume(groups[place // 3], name)
            if (number + place) % 4:
                texts = [title, name, *([alias] if alias else [])]
                shelf.volumes.append(
                    {"id": volume, "title": title, "series": series, "place": place, "texts": texts}
                )
    for bought in shelf.volumes[::2] + shelf.volumes[1::2]:
        shelf.reader.post(f"{COLLECTION}/add/{bought['id']}", client=catalogue.client)
    foreign = Catalogue(admin)
    elsewhere = foreign.volume(foreign.group(foreign.series("Elsewhere")))
    shelf.reader.post(f"{COLLECTION}/add/{elsewhere}", client=foreign.client)
    return shelf


@settings(max_examples=150, deadline=None)
@given(
    order=st.sampled_from(["name-asc", "name-desc"]),
    search=st.sampled_from(
        ["", "%", "_", "\\", "AHRE", "titan", "巨", "volume 1", "heft", "2", "elsewhere", "nothing"]
    ),
    limit=st.none() | st.integers(1, 40) | st.integers(1001, MAX_ID),
    offset=st.none() | st.integers(0, 40) | st.just(MAX_ID),
)
def test_a_page_is_what_a_plain_list_would_give(
    shelf: Shelf, order: str, search: str, limit: int | None, offset: int | None
) -> None:
    page = shelf.page(order=order, search=search, limit=limit, offset=offset)
    everything = shelf.expected(order, search)
    start, length = offset or 0, limit or MAX_ID
    expected = everything[start : start + length]
    assert [volume["id"] for volume in page["volumes"]] == expected
    there = bool(expected)
    assert page["total"] == len(everything)
    assert page["max"] == (-(-len(everything) // length) if there else 0)
    assert (page["from"], page["to"]) == ((start + 1, start + len(expected)) if there else (0, 0))


def test_names_are_ascending_unless_said_otherwise(shelf: Shelf) -> None:
    assert shelf.page() == shelf.page(order="name-asc")
    assert shelf.page(limit=200) == shelf.page()


def test_volumes_change_their_place_with_their_series(catalogue: Catalogue, member: Client) -> None:
    groups = {name: catalogue.group(catalogue.series(name)) for name in ("Akira", "Berserk")}
    volumes = {name: catalogue.volume(group) for name, group in groups.items()}
    for volume in volumes.values():
        member.post(f"{COLLECTION}/add/{volume}", client=catalogue.client)

    def order() -> list[int]:
        return [volume["id"] for volume in member.get(COLLECTION, client=catalogue.client)["volumes"]]

    assert order() == [volumes["Akira"], volumes["Berserk"]]
    akira = catalogue.get_volume(volumes["Akira"])["series_id"]
    catalogue.edit(akira, name="Zoids")
    assert order() == [volumes["Berserk"], volumes["Akira"]]
    elsewhere = catalogue.series("Ajin")
    body = {"name": "Moved", "series": elsewhere}
    catalogue.admin.post(f"/admin-volumes/edit-group/{groups['Akira']}", **body)
    assert order() == [volumes["Akira"], volumes["Berserk"]]
    catalogue.edit(akira, name="Yawara")
    catalogue.edit(elsewhere, name="X")
    assert order() == [volumes["Berserk"], volumes["Akira"]]


@pytest.mark.parametrize(
    ("query", "blamed"),
    [
        ({"order": "date-asc"}, "order"),
        ({"limit": "0"}, "limit"),
        ({"offset": "x"}, "offset"),
        ({"search": "\0"}, "search"),
    ],
)
def test_an_unusable_query_is_a_400(shelf: Shelf, query: Any, blamed: str) -> None:
    answer = shelf.reader.ask("GET", COLLECTION, params=query | {"client": shelf.client})
    assert (answer.status_code, answer.json()["data"]) == INVALID
    assert set(answer.json()["errors"]) == {blamed}

"""The list of series: order, search, pages, languages, and the cover of a series."""

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.fields.text import fold, natural_key
from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.errors import INVALID, MISSING
from tests.support.ids import MAX_ID
from tests.support.readers import new_reader


def test_an_entry_shows_the_documented_fields(catalogue: Catalogue) -> None:
    series = catalogue.series("Shown", type="Comic")
    catalogue.edit(series, public=False, origin="France", tags=["A"], added_aliases=[{"name": "Other"}])
    assert catalogue.list() == {
        "series": [
            {
                "id": series,
                "name": "Shown",
                "type": "Comic",
                "slug": "shown",
                "public": 0,
                "origin": "France",
                "client": catalogue.client,
                "alias": "Shown",
                "aliases": ["Other"],
                "description": None,
                "tags": ["A"],
                "volume": None,
                "average_rating": None,
                "rating_count": 0,
            }
        ],
        "max": 1,
        "from": 1,
        "to": 1,
        "total": 1,
    }


def test_an_unknown_client_has_an_empty_catalogue(catalogue: Catalogue) -> None:
    nothing = {"series": [], "max": 0, "from": 0, "to": 0, "total": 0}
    assert catalogue.list() == nothing
    assert catalogue.list(limit=10) == nothing


@pytest.mark.parametrize(
    ("query", "expected", "blamed"),
    [
        ({}, MISSING, {"client"}),
        ({"client": ""}, MISSING, {"client"}),
        ({"client": "abc"}, INVALID, {"client"}),
        ({"client": 1, "order": "title-asc"}, INVALID, {"order"}),
        ({"client": 1, "limit": 0}, INVALID, {"limit"}),
        ({"client": 1, "offset": -1}, INVALID, {"offset"}),
        ({"client": 1, "search": "\x00"}, INVALID, {"search"}),
        ({"order": "x"}, MISSING, {"client", "order"}),
    ],
)
def test_an_unusable_query_is_a_400(
    admin: Client, query: Any, expected: tuple[int, str], blamed: set[str]
) -> None:
    answer = admin.ask("GET", "/admin-series", params=query)
    assert (answer.status_code, answer.json()["data"]) == expected
    assert set(answer.json()["errors"]) == blamed


@pytest.mark.parametrize("limit", [10, MAX_ID])
def test_names_are_ordered_as_people_do(catalogue: Catalogue, limit: int) -> None:
    names = ["Volume 10", "émile", "Volume 2", "Zoo", "Emil", "volume 1", "あ", "10 Dance", "9 Lives"]
    for name in names:
        catalogue.series(name)
    in_order = ["9 Lives", "10 Dance", "Emil", "émile", "volume 1", "Volume 2", "Volume 10", "Zoo", "あ"]
    assert catalogue.names(limit=limit) == in_order
    assert catalogue.names(limit=limit, order="name-asc") == in_order
    assert catalogue.names(limit=limit, order="name-desc") == in_order[::-1]
    assert catalogue.names(limit=limit, order="added-asc") == names
    assert catalogue.names(limit=limit, order="added-desc") == names[::-1]


@pytest.mark.parametrize("order", ["name-asc", "name-desc", "added-asc", "added-desc"])
def test_pages_neither_overlap_nor_leave_gaps(catalogue: Catalogue, order: str) -> None:
    for type in ("Manga", "Novel", "Comic"):
        for name in ("Same", "SAME 2", "Sáme 3"):
            catalogue.series(name, type=type)
    whole = catalogue.list(order=order)["series"]
    assert len({series["id"] for series in whole}) == 9
    paged = []
    for offset in (0, 4, 8):
        page = catalogue.list(order=order, limit=4, offset=offset)
        paged += page["series"]
        shown = len(page["series"])
        facts = {"max": 3, "from": offset + 1, "to": offset + shown, "total": 9}
        assert page == {"series": page["series"]} | facts
    assert paged == whole


@pytest.mark.parametrize("limit", [4, MAX_ID])
def test_beyond_the_end_is_nothing(catalogue: Catalogue, limit: int) -> None:
    catalogue.series()
    for offset in (1, 1000, MAX_ID):
        nothing = {"series": [], "max": 0, "from": 0, "to": 0, "total": 1}
        assert catalogue.list(limit=limit, offset=offset) == nothing


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("attack", ["Attack on Titan"]),
        ("ON T", ["Attack on Titan"]),
        ("pokemon", ["Pokémon 100%"]),
        ("ＰＯＫÉ", ["Pokémon 100%"]),
        ("100%", ["Pokémon 100%"]),
        ("%", ["Pokémon 100%"]),
        ("_", ["snake_case"]),
        ("\\", ["back\\slash"]),
        ("進撃", ["Attack on Titan"]),
        ("angriff", ["Attack on Titan"]),
        ("titan angriff", []),
        ("  ", ["Attack on Titan", "back\\slash", "Pokémon 100%", "snake_case"]),
        ("a", ["Attack on Titan", "back\\slash", "snake_case"]),
        ("zq", []),
    ],
)
@pytest.mark.parametrize("limit", [10, MAX_ID])
def test_search_is_a_literal_substring_of_names_and_aliases(
    searched: Catalogue, search: str, found: list[str], limit: int
) -> None:
    page = searched.list(search=search, limit=limit)
    assert [series["name"] for series in page["series"]] == found
    assert page["total"] == len(found)


@pytest.fixture(scope="module")
def searched(admin: Client) -> Catalogue:
    catalogue = Catalogue(admin)
    titan = catalogue.series("Attack on Titan")
    for name in ("Pokémon 100%", "snake_case", "back\\slash"):
        catalogue.series(name)
    catalogue.edit(titan, added_aliases=[{"name": "進撃の巨人", "language": "ja"}, {"name": "Angriff"}])
    return catalogue


def test_search_follows_a_rename_and_a_removed_alias(catalogue: Catalogue) -> None:
    series = catalogue.series("Early")
    catalogue.edit(series, added_aliases=[{"name": "Nickname"}])
    assert catalogue.names(search="nick") == ["Early"]
    alias = catalogue.get(series)["aliases"][0]["id"]
    catalogue.edit(series, name="Late", removed_aliases=[alias])
    assert catalogue.names(search="nick") == []
    assert catalogue.names(search="early") == []
    assert catalogue.names(search="LATE") == ["Late"]


@pytest.mark.parametrize(
    ("language", "alias", "description"),
    [
        ("German", "Der Name", "Auf Deutsch"),
        ("DE", "Der Name", "Auf Deutsch"),
        ("ja", "名前", "On English"),
        ("French", "The Name", "On English"),
        ("interface", "The Name", "On English"),
        ("Klingon", "The Name", "On English"),
        (None, "The Name", "On English"),
    ],
)
def test_title_and_description_follow_the_language(
    translated: tuple[Catalogue, int], language: str | None, alias: str, description: str
) -> None:
    catalogue, series = translated
    query = {"user_lang": language} if language else {}
    for limit in (10, MAX_ID):
        entry = catalogue.list(limit=limit, **query)["series"][0]
        assert (entry["name"], entry["alias"], entry["description"]) == ("The Name", alias, description)
    document = catalogue.get(series, **query)
    assert (document["alias"], document["description"]) == (alias, description)


@pytest.fixture(scope="module")
def translated(admin: Client) -> tuple[Catalogue, int]:
    catalogue = Catalogue(admin)
    series = catalogue.series("The Name")
    catalogue.edit(
        series,
        added_aliases=[
            {"name": "Of no language"},
            {"name": "Der Name", "language": "de"},
            {"name": "Ein zweiter Name", "language": "de"},
            {"name": "名前", "language": "ja"},
        ],
        added_descriptions=[
            {"language": "en", "text": "On English"},
            {"language": "de", "text": "Auf Deutsch"},
        ],
    )
    return catalogue, series


def test_ratings_are_averaged(catalogue: Catalogue, anonymous: Client) -> None:
    rated, unrated = catalogue.series("A"), catalogue.series("B")
    for rating in (8, 9.5, 7):
        new_reader(anonymous).post(f"/user/series-rating/add/{rated}", rating=rating)
    for limit in (10, MAX_ID):
        entries = catalogue.list(limit=limit)["series"]
        averages = {entry["id"]: (entry["average_rating"], entry["rating_count"]) for entry in entries}
        assert averages == {rated: (8.17, 3), unrated: (None, 0)}
    document = catalogue.get(rated)
    assert (document["average_rating"], document["rating_count"]) == (8.17, 3)


@pytest.fixture(scope="module")
def hundred(admin: Client) -> tuple[Catalogue, list[tuple[int, str]]]:
    """A catalogue of many names made of few words, and its series as (id, name)."""
    catalogue = Catalogue(admin)
    words = ["Ring", "ring", "Ríng", "10", "9", "09", "Ōkami", "狼", "狼と香辛料", "100%", "_"]
    pairs = [(one, other) for one in words for other in words]
    names = [f"{one} {other}" for one, other in random.Random(7).sample(pairs, 100)]
    types = ("Manga", "Novel", "Comic", "Other")
    added, times = [], Counter[str]()
    for name in names:
        key = name.casefold()
        added.append((catalogue.series(name, type=types[times[key]]), name))
        times[key] += 1
    return catalogue, added


@given(
    search=st.sampled_from(
        ["", "ring", "RING 1", "í", "9", "09", "okami", "狼", "狼と", "%", "_ ", "0% r", "x"]
    ),
    order=st.sampled_from(["name-asc", "name-desc", "added-asc", "added-desc"]),
    limit=st.sampled_from([1, 7, 50, 1000, 1001, MAX_ID]),
    offset=st.integers(0, 110),
)
@settings(max_examples=80, deadline=None)
def test_pages_are_those_of_a_plain_list(
    hundred: tuple[Catalogue, list[tuple[int, str]]], search: str, order: str, limit: int, offset: int
) -> None:
    catalogue, added = hundred
    matches = [entry for entry in added if fold(search.strip()) in fold(entry[1])]
    if order.startswith("name"):
        matches.sort(key=lambda entry: (natural_key(entry[1]), entry[0]))
    if order.endswith("desc"):
        matches.reverse()
    shown = [number for number, _ in matches[offset : offset + limit]]
    page = catalogue.list(search=search, order=order, limit=limit, offset=offset)
    assert [series["id"] for series in page["series"]] == shown
    assert page["total"] == len(matches)
    pages, first, last = -(-len(matches) // limit), offset + 1, offset + len(shown)
    assert (page["max"], page["from"], page["to"]) == ((pages, first, last) if shown else (0, 0, 0))

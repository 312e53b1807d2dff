"""The reading history: a reader's series in order, with search and pages."""

import json
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
from tests.support.readers import STATUS, new_reader

HISTORY = "/user/reading-history"
FIELDS = ("name", "update", "priority", "score", "start-date", "end-date")
NAMES = (
    "Volume 10",
    "volume 2",
    "Ähre",
    "ahre",
    "AHRE 2",
    "100% Liebe",
    "100 Liebe",
    "snake_case",
    "snakeXcase",
    "back\\slash",
    "Pokémon",
    "POKEMON",
    "進撃の巨人",
    "ガンダム",
    "Straße",
    "Z",
)
ALIASES = {"Z": ("Attack on Titan", "100%"), "Ähre": ("進撃",), "Pokémon": ("Pocket Monsters",)}
EVERYTHING = {"limit": MAX_ID}


@dataclass
class Shelf:
    """A reader with a history, and a copy of it in memory."""

    reader: Client
    entries: list[dict[str, Any]] = field(default_factory=list)

    def history(self, **query: Any) -> Any:
        return self.reader.get(HISTORY, **query)

    def expected(self, order: str, search: str, client: int | None) -> list[int]:
        """Return the expected ids of the history, in order."""
        found = [
            entry
            for entry in self.entries
            if client in (None, entry["client"])
            and any(fold(search) in fold(text) for text in entry["texts"])
        ]
        name, _, direction = order.rpartition("-")
        by_id = sorted(found, key=lambda entry: entry["id"])
        there = [entry for entry in by_id if entry[name] is not None]
        missing = [entry for entry in by_id if entry[name] is None]
        there.sort(key=lambda entry: entry[name], reverse=direction == "desc")  # ties stay as they were
        return [entry["id"] for entry in there + missing]


@pytest.fixture(scope="module")
def shelf(admin: Client) -> Shelf:
    """A history over two clients, with ties and missing values in every field that allows them."""
    shelf = Shelf(new_reader(admin))
    catalogues = [Catalogue(admin), Catalogue(admin)]
    for number, name in enumerate([*NAMES, *NAMES[:6]]):
        catalogue = catalogues[number // 3 % 2]
        series = catalogue.series(name, type="Manga" if number < len(NAMES) else "Novel")
        aliases = ALIASES.get(name, ())
        if aliases:
            catalogue.edit(series, added_aliases=[{"name": alias} for alias in aliases])
        optional = {
            "score": None if number % 4 == 0 else (number % 5) * 2.5,
            "start": None if number % 3 == 0 else f"20{10 + number % 7}-01-01",
            "end": None if number % 2 == 0 else f"20{30 + number % 4}-12-31",
        }
        priority = ("low", "mid", "high")[number * 7 % 3]
        body = STATUS | {"client": catalogue.client, "priority": priority} | optional
        shelf.reader.post(f"/user/reading-status/add/{series}", **body)
        shelf.entries.append(
            {
                "id": series,
                "client": catalogue.client,
                "texts": [name, *aliases],
                "name": natural_key(name),
                "update": number,
                "priority": ("low", "mid", "high").index(priority),
                "score": optional["score"],
                "start-date": optional["start"],
                "end-date": optional["end"],
            }
        )
    # Not in the order of their addition: the last change counts.
    for entry in shelf.entries[::5]:
        path = f"/user/reading-status/update/{entry['id']}"
        priority = ("low", "mid", "high")[entry["priority"]]
        shelf.reader.post(path, **STATUS | {"client": entry["client"], "priority": priority})
        entry["update"] += len(shelf.entries)
    return shelf


def _ids(page: Any) -> list[int]:
    return [series["id"] for series in page["series"]]


@settings(max_examples=150, deadline=None)
@given(
    order=st.sampled_from([f"{name}-{direction}" for name in FIELDS for direction in ("asc", "desc")]),
    search=st.sampled_from(
        ["", "100%", "%", "_", "\\", "e", "ÄHRE", "２", "pok", "titan", "進撃", "ン", "strasse", "nowhere"]
    ),
    limit=st.none() | st.integers(1, 30) | st.integers(1001, MAX_ID),
    offset=st.none() | st.integers(0, 30) | st.just(MAX_ID),
    which=st.sampled_from([None, 0, -1]),
)
def test_a_page_is_what_a_plain_list_would_give(
    shelf: Shelf, order: str, search: str, limit: int | None, offset: int | None, which: int | None
) -> None:
    client = None if which is None else shelf.entries[which]["client"]
    query = {"order": order, "search": search, "limit": limit, "offset": offset, "client": client}
    page = shelf.history(**query)
    everything = shelf.expected(order, search, client)
    start, length = offset or 0, limit or MAX_ID
    expected = everything[start : start + length]
    assert _ids(page) == expected
    there = bool(expected)
    assert page["total"] == len(everything)
    assert page["max"] == (-(-len(everything) // length) if there else 0)
    assert (page["from"], page["to"]) == ((start + 1, start + len(expected)) if there else (0, 0))


def test_the_newest_change_comes_first_unless_said_otherwise(shelf: Shelf) -> None:
    assert _ids(shelf.history()) == shelf.expected("update-desc", "", None)
    assert _ids(shelf.history(order=" ", search=" ", client="")) == shelf.expected("update-desc", "", None)


def test_pages_put_together_are_the_list(shelf: Shelf) -> None:
    for order in ("name-desc", "score-asc", "priority-desc"):
        pages = [_ids(shelf.history(order=order, limit=5, offset=offset)) for offset in range(0, 25, 5)]
        assert [series for page in pages for series in page] == shelf.expected(order, "", None)


def test_whole_and_streamed_lists_are_alike(shelf: Shelf) -> None:
    whole, streamed = shelf.history(limit=200), shelf.history(**EVERYTHING)
    assert whole == streamed
    assert len(whole["series"]) == len(shelf.entries)


def test_a_renamed_series_changes_its_place(catalogue: Catalogue, member: Client) -> None:
    series = [catalogue.series(name) for name in ("Akira", "Berserk")]
    for id in series:
        member.post(f"/user/reading-status/add/{id}", **STATUS | {"client": catalogue.client})
    assert _ids(member.get(HISTORY, order="name-asc")) == series
    catalogue.edit(series[0], name="Zoids")
    assert _ids(member.get(HISTORY, order="name-asc")) == series[::-1]


def test_an_unknown_client_has_an_empty_history(shelf: Shelf) -> None:
    for limits in ({}, EVERYTHING, {"limit": 3}):
        nothing = {"series": [], "max": 0, "from": 0, "to": 0, "total": 0}
        assert shelf.history(client=4_242_424_242, **limits) == nothing


def test_the_history_of_another_is_not_shown(shelf: Shelf, member: Client) -> None:
    assert shelf.history()["total"] > 0
    assert member.get(HISTORY)["total"] == 0


@pytest.mark.parametrize(
    ("query", "blamed"),
    [
        ({"order": "title-asc"}, "order"),
        ({"order": "name"}, "order"),
        ({"limit": "0"}, "limit"),
        ({"limit": "-1"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"limit": str(2**53)}, "limit"),
        ({"offset": "-1"}, "offset"),
        ({"client": "one"}, "client"),
        ({"client": "0"}, "client"),
        ({"search": "x" * 256}, "search"),
        ({"search": "nul\0"}, "search"),
    ],
)
def test_an_unusable_query_is_a_400(shelf: Shelf, query: Any, blamed: str) -> None:
    answer = shelf.reader.ask("GET", HISTORY, params=query)
    assert (answer.status_code, answer.json()["data"]) == INVALID
    assert set(answer.json()["errors"]) == {blamed}


def test_a_series_shows_the_documented_fields(member: Client, catalogue: Catalogue) -> None:
    series = catalogue.series("Die Möwe", type="Novel")
    member.post(f"/user/reading-status/add/{series}", **STATUS, client=catalogue.client)
    member.post(f"/user/series-rating/add/{series}", rating=7.5)
    new_reader(member).post(f"/user/series-rating/add/{series}", rating=10)
    for limits in ({"limit": 1}, EVERYTHING):
        (document,) = member.get(HISTORY, **limits)["series"]
        assert isinstance(document.pop("slug"), str)
        assert type(document["public"]) is int
        assert document == {
            "id": series,
            "name": "Die Möwe",
            "type": "Novel",
            "public": 1,
            "origin": None,
            "client": catalogue.client,
            "alias": "Die Möwe",
            "aliases": [],
            "description": None,
            "tags": [],
            "volume": None,
            "average_rating": 8.75,
            "rating_count": 2,
            "reading-history": member.get(f"/user/reading-status/id/{series}"),
        }


def test_a_series_that_nobody_has_rated_says_so(shelf: Shelf) -> None:
    (series,) = shelf.history(limit=1)["series"]
    assert (series["average_rating"], series["rating_count"]) == (None, 0)


@pytest.mark.parametrize(
    ("language", "alias", "description"),
    [
        ("German", "Der Name", "Auf Deutsch"),
        (" dE ", "Der Name", "Auf Deutsch"),
        ("ja", "名前", "In English"),
        ("Polish", "The Name", "In English"),
        ("interface", "The Name", "In English"),
        ("Klingon", "The Name", "In English"),
        ("nul\0", "The Name", "In English"),
        ("", "The Name", "In English"),
        (None, "The Name", "In English"),
    ],
)
def test_title_and_description_follow_the_language(
    translated: Client, language: str | None, alias: str, description: str
) -> None:
    for limits in ({"limit": 1}, EVERYTHING):
        (series,) = translated.get(HISTORY, user_lang=language, **limits)["series"]
        assert (series["name"], series["alias"], series["description"]) == ("The Name", alias, description)
        assert series["aliases"] == ["Der Name", "名前"]


@pytest.fixture(scope="module")
def translated(admin: Client) -> Client:
    reader, catalogue = new_reader(admin), Catalogue(admin)
    series = catalogue.series("The Name")
    catalogue.edit(
        series,
        added_aliases=[{"name": "Der Name", "language": "de"}, {"name": "名前", "language": "ja"}],
        added_descriptions=[
            {"language": "en", "text": "In English"},
            {"language": "de", "text": "Auf Deutsch"},
        ],
    )
    reader.post(f"/user/reading-status/add/{series}", **STATUS, client=catalogue.client)
    return reader


def test_a_long_list_arrives_in_pieces(shelf: Shelf) -> None:
    whole = shelf.reader.ask("GET", HISTORY, params={"limit": 200})
    pieces = shelf.reader.ask("GET", HISTORY, stream=True)
    assert "Content-Length" in whole.headers
    assert "Content-Length" not in pieces.headers
    assert json.loads(b"".join(pieces.iter_content(64))) == whole.json()

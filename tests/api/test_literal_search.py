r"""Searches are literal in every list: they find what Python's ``in`` finds, also for ``%``, ``_`` and ``\``."""

import random
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.fields.text import fold
from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.pictures import base64_of, quarters
from tests.support.readers import STATUS, new_reader

WILD = "a%_\\"
OTHERS = "bÁß進"
IN_USERNAMES = "ab_.-"
ENTRIES = 16


@dataclass(frozen=True)
class Searched:
    """A list with known ``names``: id -> name."""

    names: Mapping[int, str]
    find: Callable[[str], list[int]]
    """Return the ids that a search finds."""
    folded: Callable[[str], str] = fold
    """The form in which this list compares names."""

    def expected(self, search: str) -> list[int]:
        return sorted(number for number, name in self.names.items() if fold(search) in self.folded(name))

    def found(self, search: str) -> list[int]:
        return sorted(number for number in self.find(search) if number in self.names)


def _names(letters: str) -> list[str]:
    """Return names that begin and end with each of the letters; a number makes them distinct."""
    chance = random.Random(letters)
    texts = ["".join(chance.choices(letters, k=chance.randint(1, 6))) for _ in range(ENTRIES)]
    return [f"{text}{number}{text[::-1]}" for number, text in enumerate(texts)]


@pytest.fixture(scope="module")
def lists(admin: Client) -> dict[str, Searched]:
    """A list of each kind, with names full of characters that are special in ``LIKE``."""
    catalogue, reader, picture = Catalogue(admin), new_reader(admin), base64_of(quarters(6, 4))
    names = _names(WILD + OTHERS)
    series = {catalogue.series(name): name for name in names}
    # A group is also found by its series, whose name matches no search here.
    of_groups = catalogue.series("0")
    groups = {catalogue.group(of_groups, name): name for name in names}
    for number in series:
        reader.post(f"/user/reading-status/add/{number}", **STATUS, client=catalogue.client)
    media = {int(admin.post("/media/add", name=name, tags=[], image=picture)["id"]): name for name in names}
    users: dict[int, str] = {}
    for text in _names(IN_USERNAMES)[::2]:
        name = text + secrets.token_hex(6)
        users[Client(admin.gateway).register(name).user["id"]] = name

    def ids(by: Client, path: str, name: str, **query: object) -> Callable[[str], list[int]]:
        return lambda search: [entry["id"] for entry in by.get(path, search=search, **query)[name]]

    own = {"client": catalogue.client}
    return {
        "series": Searched(series, ids(admin, "/admin-series", "series", **own)),
        "groups": Searched(groups, ids(admin, "/admin-volumes/names", "groups", **own)),
        "history": Searched(series, ids(reader, "/user/reading-history", "series", **own)),
        "media": Searched(media, ids(admin, "/media", "media")),
        "users": Searched(users, ids(admin, "/admin-users", "users"), str.lower),
    }


@given(
    search=st.text(st.sampled_from(WILD), min_size=1, max_size=5)
    | st.text(st.sampled_from(WILD + OTHERS + IN_USERNAMES), min_size=1, max_size=4)
)
@settings(max_examples=40, deadline=None)
def test_a_search_finds_what_contains_it_and_nothing_else(lists: dict[str, Searched], search: str) -> None:
    found = {kind: searched.found(search) for kind, searched in lists.items()}
    assert found == {kind: searched.expected(search) for kind, searched in lists.items()}

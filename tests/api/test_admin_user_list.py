"""The list of users: order, pages, search and filters."""

import secrets
from typing import Any

import pytest

from tests.support.client import Client, edit_path
from tests.support.errors import INVALID
from tests.support.ids import MAX_ID


@pytest.fixture
def crowd(admin: Client) -> tuple[str, list[Client]]:
    """Users with a common stem in their names; they registered in another order than that of the names."""
    stem = f"c{secrets.token_hex(4)}-"
    return stem, [Client(admin.gateway).register(stem + end) for end in ("10", "b", "2", "A", "01")]


def names(answer: Any, stem: str) -> list[str]:
    return [user["username"].removeprefix(stem) for user in answer["users"]]


def test_the_list_is_in_natural_order(admin: Client, crowd: tuple[str, list[Client]]) -> None:
    stem, _ = crowd
    assert names(admin.get("/admin-users", search=stem), stem) == ["01", "2", "10", "A", "b"]
    assert names(admin.get("/admin-users", search=stem, order="name-desc"), stem) == [
        "b",
        "A",
        "10",
        "2",
        "01",
    ]


def test_the_list_is_in_order_of_registration(admin: Client, crowd: tuple[str, list[Client]]) -> None:
    stem, users = crowd
    registered = [user.user["username"].removeprefix(stem) for user in users]
    assert names(admin.get("/admin-users", search=stem, order="registered-asc"), stem) == registered
    assert names(admin.get("/admin-users", search=stem, order="registered-desc"), stem) == registered[::-1]


def test_the_list_comes_in_pages(admin: Client, crowd: tuple[str, list[Client]]) -> None:
    stem, _ = crowd
    page = admin.get("/admin-users", search=stem.upper(), limit=2, offset=2)
    assert names(page, stem) == ["10", "A"]
    assert {key: page[key] for key in ("max", "from", "to", "total")} == {
        "max": 3,
        "from": 3,
        "to": 4,
        "total": 5,
    }
    beyond = admin.get("/admin-users", search=stem, limit=2, offset=5)
    assert beyond == {"users": [], "max": 0, "from": 0, "to": 0, "total": 5}
    whole = admin.get("/admin-users", search=stem, limit=MAX_ID)
    assert names(whole, stem) == ["01", "2", "10", "A", "b"]
    assert whole["max"] == 1


def test_search_takes_wildcards_literally(admin: Client, member: Client) -> None:
    name = f"w_{secrets.token_hex(4)}"
    Client(admin.gateway).register(name)
    assert names(admin.get("/admin-users", search=name), "") == [name]
    assert admin.get("/admin-users", search=name.replace("_", "%"))["total"] == 0
    assert admin.get("/admin-users", search="w\\")["total"] == 0
    Client(admin.gateway).register(name.replace("_", "x"))
    assert names(admin.get("/admin-users", search=name), "") == [name]


def test_the_list_shows_one_role(
    admin: Client, crowd: tuple[str, list[Client]], role_ids: dict[str, int]
) -> None:
    stem, users = crowd
    editor = users[1]
    admin.post(edit_path(editor), username=editor.user["username"], added_roles=[role_ids["Editor"]])
    assert names(admin.get("/admin-users", search=stem, role=role_ids["Editor"]), stem) == ["b"]
    assert admin.get("/admin-users", search=stem, role=role_ids["Member"])["total"] == 5
    assert admin.get("/admin-users", role=MAX_ID)["total"] == 0


@pytest.mark.parametrize(
    "query",
    [
        {"order": "name"},
        {"role": "Editor"},
        {"role": "0"},
        {"limit": "0"},
        {"offset": "-1"},
        {"limit": 2**53},
    ],
)
def test_an_unusable_query_is_a_400(admin: Client, query: dict[str, Any]) -> None:
    answer = admin.ask("GET", "/admin-users", params=query)
    assert (answer.status_code, answer.json()["data"]) == INVALID
    assert set(answer.json()["errors"]) == set(query)

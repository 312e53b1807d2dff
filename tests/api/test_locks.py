"""Locks: one holder at a time, five minutes by the database's clock."""

import secrets
from functools import partial
from typing import Any

import pytest

from tests.support.client import Client
from tests.support.errors import FORBIDDEN, INVALID, MISSING
from tests.support.overlap import at_once

CONFLICT = (409, "Conflict")
DONE = {"data": "Success", "code": 200}


@pytest.fixture
def thing() -> dict[str, Any]:
    return {"route": "volume", "id": secrets.randbelow(2**52) + 1}


def test_a_lock_is_held_renewed_and_given_back(admin: Client, editor: Client, thing: Any) -> None:
    assert admin.post("/admin/lock", **thing) == DONE
    assert editor.refused("POST", "/admin/lock", json=thing) == CONFLICT
    assert admin.post("/admin/lock", **thing) == DONE
    assert editor.refused("DELETE", "/admin/remove-lock", json=thing) == FORBIDDEN
    assert admin.delete("/admin/remove-lock", **thing) == DONE
    assert admin.refused("DELETE", "/admin/remove-lock", json=thing) == (404, "Not found")
    assert editor.post("/admin/lock", **thing) == DONE


def test_locks_of_other_kinds_do_not_meet(admin: Client, editor: Client, thing: Any) -> None:
    for route, holder in zip(
        ("volume", "group", "series", "media", "user"), [admin, editor] * 3, strict=False
    ):
        holder.post("/admin/lock", **thing | {"route": route})


def test_of_two_who_ask_at_once_one_gets_it(admin: Client, editor: Client, thing: Any) -> None:
    for _ in range(10):
        asked = at_once([partial(who.ask, "POST", "/admin/lock", json=thing) for who in (admin, editor)])
        statuses = [answer.status_code for answer in asked]
        assert sorted(statuses) == [200, 409]
        (admin, editor)[statuses.index(200)].delete("/admin/remove-lock", **thing)


@pytest.mark.parametrize(
    ("body", "expected", "blamed"),
    [
        ({}, MISSING, {"route", "id"}),
        ({"route": "volume"}, MISSING, {"id"}),
        ({"route": "", "id": 1}, MISSING, {"route"}),
        ({"route": "role", "id": 1}, INVALID, {"route"}),
        ({"route": "volume", "id": 0}, INVALID, {"id"}),
        ({"route": "volume", "id": -1}, INVALID, {"id"}),
    ],
)
@pytest.mark.parametrize(("method", "path"), [("POST", "/admin/lock"), ("DELETE", "/admin/remove-lock")])
def test_what_cannot_be_locked_is_a_400(
    admin: Client, method: str, path: str, body: Any, expected: tuple[int, str], blamed: set[str]
) -> None:
    answer = admin.ask(method, path, json=body)
    assert (answer.status_code, answer.json()["data"]) == expected
    assert set(answer.json()["errors"]) == blamed


def test_the_volume_list_shows_who_holds_a_lock(admin: Client, editor: Client, catalogue: Any) -> None:
    volume = catalogue.volume(catalogue.group(catalogue.series()))
    editor.post("/admin/lock", route="volume", id=volume)
    groups = catalogue.admin.get("/admin-volumes", client=catalogue.client)["groups"]
    holder = groups[0]["volumes"][0]["locked_by"]
    assert holder == {"id": editor.user["id"], "username": editor.user["username"]}
    editor.delete("/admin/remove-lock", route="volume", id=volume)
    groups = catalogue.admin.get("/admin-volumes", client=catalogue.client)["groups"]
    assert groups[0]["volumes"][0]["locked_by"] is None

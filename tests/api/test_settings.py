"""The settings of a user: merged, typed, bounded."""

from functools import partial
from typing import Any

import pytest

from tests.support.client import Client
from tests.support.errors import FORBIDDEN, INVALID, MISSING
from tests.support.ids import MAX_ID
from tests.support.overlap import at_once

SPECIFIED = {
    "theme-accent-color": "#6394c6",
    "prefered-content-language": "interface",
    "theme": "light",
    "nsfw-mode": "settings.nsfw.show-nsfw-18",
    "view-mode": "column",
    "show-drag-indicator": False,
}
SAVED = {"data": "Settings saved successfully", "code": 200}


def path(client: Client) -> str:
    return f"/users/{client.user['id']}/save-settings"


def settings(client: Client) -> Any:
    return client.get("/auth/me")["user"]["settings"]


def test_what_is_saved_is_merged_and_null_removes(member: Client) -> None:
    assert member.post(path(member), **SPECIFIED) == SAVED
    assert settings(member) == SPECIFIED
    assert member.ask("POST", path(member), json={"settings": {"theme": None, "own": 1.5}}).json() == SAVED
    assert settings(member) == {key: value for key, value in SPECIFIED.items() if key != "theme"} | {
        "own": 1.5
    }
    member.post(path(member), theme="dark", absent=None)
    assert settings(member)["theme"] == "dark"
    assert "absent" not in settings(member)


@pytest.mark.parametrize(
    ("value", "stored"), [("ü \U0001f600", "ü \U0001f600"), ("", ""), (0, 0), (-1.25, -1.25), (True, True)]
)
def test_values_come_back_as_they_went(member: Client, value: Any, stored: Any) -> None:
    member.post(path(member), own=value)
    assert settings(member) == {"own": stored}
    assert type(settings(member)["own"]) is type(stored)


@pytest.mark.parametrize(("sent", "stored"), [(1, True), ("false", False), (0, False), (True, True)])
def test_a_known_boolean_is_stored_as_one(member: Client, sent: Any, stored: bool) -> None:
    member.post(path(member), **{"show-drag-indicator": sent})
    assert settings(member)["show-drag-indicator"] is stored


@pytest.mark.parametrize(
    ("body", "refusal", "field"),
    [
        ({}, MISSING, "settings"),
        ({"settings": {}}, MISSING, "settings"),
        ({"settings": None}, MISSING, "settings"),
        ({"settings": 5}, INVALID, "settings"),
        ({"settings": {"a": 1}, "b": 1}, INVALID, "settings"),
        ([], INVALID, "body"),
        ({"theme": 1}, INVALID, "theme"),
        ({"theme": ["light"]}, INVALID, "theme"),
        ({"show-drag-indicator": "perhaps"}, INVALID, "show-drag-indicator"),
        ({"own": {}}, INVALID, "own"),
        ({"own": [1]}, INVALID, "own"),
        ({"own": "a\x00"}, INVALID, "own"),
        ({"own": 2**53}, INVALID, "own"),
        ({" ": 1}, INVALID, "settings"),
        ({"\ud800": 1}, INVALID, "settings"),
        ({"own": "\ud800"}, INVALID, "own"),
    ],
)
def test_what_cannot_be_saved(member: Client, body: Any, refusal: tuple[int, str], field: str) -> None:
    answer = member.ask("POST", path(member), json=body)
    assert (answer.status_code, answer.json()["data"]) == refusal
    assert set(answer.json()["errors"]) == {field}
    assert settings(member) == {}


@pytest.mark.parametrize("raw", ["", "{", "null", '"a"', '{"a": NaN}', '{"a": 1e999}', "[" * 5000])
def test_what_is_no_json_object_is_a_400(member: Client, raw: str) -> None:
    answer = member.ask("POST", path(member), data=raw, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["data"]) == (INVALID if raw else MISSING)
    assert settings(member) == {}


def test_limits_hold_for_what_is_stored(member: Client) -> None:
    member.post(path(member), **{f"key-{number}": number for number in range(64)})
    answer = member.ask("POST", path(member), json={"one more": 1})
    assert (answer.status_code, answer.json()["data"]) == INVALID
    assert "settings" in answer.json()["errors"]
    member.post(path(member), **{"key-0": None, "one more": 1})
    member.post(path(member), **{f"key-{number}": None for number in range(1, 64)}, long="x" * 16000)
    assert member.refused("POST", path(member), json={"longer": "x" * 400}) == INVALID
    assert set(settings(member)) == {"long", "one more"}


def test_settings_of_others_need_edit_users(member: Client, powerless: Client, admin: Client) -> None:
    assert powerless.refused("POST", path(member), json={"theme": "dark"}) == FORBIDDEN
    assert powerless.refused("POST", path(member), json={}) == FORBIDDEN
    assert admin.post(path(member), theme="dark") == SAVED
    assert settings(member) == {"theme": "dark"}
    unknown = f"/users/{MAX_ID}/save-settings"
    assert admin.refused("POST", unknown, json={"theme": "dark"}) == (404, "User not found")
    assert powerless.refused("POST", unknown, json={"theme": "dark"}) == FORBIDDEN


def test_keys_saved_at_once_are_all_kept(member: Client) -> None:
    at_once([partial(member.post, path(member), **{f"key-{number}": number}) for number in range(12)])
    assert settings(member) == {f"key-{number}": number for number in range(12)}

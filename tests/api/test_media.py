"""The media library through the gateway."""

import secrets
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.errors import INVALID, MISSING
from tests.support.ids import MAX_ID
from tests.support.pictures import RED, base64_of, looks_like, opened, quarters
from tests.support.waiting import wait_until

ADDED, UPDATED, DELETED = (
    "Media added successfully",
    "Media updated successfully",
    "Media deleted successfully",
)
NOT_FOUND = (404, "Media not found")
PICTURE = base64_of(quarters(90, 60))


@pytest.fixture
def word() -> str:
    """A word that finds no media of other tests."""
    return secrets.token_hex(8)


def add(admin: Client, name: str, tags: Any = "", **more: Any) -> int:
    added = admin.post("/media/add", **{"name": name, "tags": tags or [], "image": PICTURE} | more)
    assert (added["data"], added["code"]) == (ADDED, 200)
    return int(added["id"])


def find(admin: Client, word: str, **query: Any) -> Any:
    return admin.get("/media", search=word, **query)


def ids(page: Any) -> list[int]:
    return [entry["id"] for entry in page["media"]]


def is_gone(client: Client, path: str) -> bool:
    return client.ask("GET", f"/files/{path}").status_code == 404


def blamed(answer: Any) -> tuple[int, str, set[str]]:
    document = answer.json()
    return answer.status_code, document["data"], set(document["errors"])


def test_what_is_added_is_listed_and_shown(admin: Client, anonymous: Client, word: str) -> None:
    media = add(admin, f"Autograph {word}", ["Signed", "Event"])
    page = find(admin, word)
    (entry,) = page["media"]
    assert {name: page[name] for name in ("max", "from", "to", "total")} == {
        "max": 1,
        "from": 1,
        "to": 1,
        "total": 1,
    }
    when = datetime.fromisoformat(entry["timestamp"])
    assert when.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - when) < timedelta(minutes=5)
    assert entry == {
        "id": media,
        "name": f"Autograph {word}",
        "path": entry["path"],
        "timestamp": entry["timestamp"],
        "tags": ["Signed", "Event"],
        "volume_count": 0,
        "placeholder": entry["placeholder"],
        "color": entry["color"],
    }
    for path in (f"/files/{entry['path']}", f"/media/image/{media}/high", f"/media/image/{media}"):
        shown = anonymous.ask("GET", path)
        assert (shown.status_code, shown.headers["Content-Type"]) == (200, "image/webp")
        assert looks_like(opened(shown.content))


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("Action, Drama", ["Action", "Drama"]),
        (["Action", "Drama"], ["Action", "Drama"]),
        (" Action ,, action,ACTION, Drama ,", ["Action", "Drama"]),
        (["Drama ", "", "  ", "drama", "Süß"], ["Drama", "Süß"]),
        (["a,b"], ["a,b"]),
        ([], []),
        ([" "], []),
        (",", []),
    ],
)
def test_tags_come_in_many_ways_and_are_stored_in_one(
    admin: Client, word: str, sent: Any, stored: list[str]
) -> None:
    media = admin.post("/media/add", name=word, tags=sent, image=PICTURE)["id"]
    assert find(admin, word)["media"][0]["tags"] == stored
    admin.post(f"/media/edit/{media}", name=word, tags=["something else"])
    assert admin.post(f"/media/edit/{media}", name=word, tags=sent) == {"data": UPDATED, "code": 200}
    assert find(admin, word)["media"][0]["tags"] == stored


@pytest.mark.parametrize(
    ("wrong", "expected", "fields"),
    [
        ({"name": None}, MISSING, {"name"}),
        ({"name": " "}, MISSING, {"name"}),
        ({"tags": None}, MISSING, {"tags"}),
        ({"tags": ""}, MISSING, {"tags"}),
        ({"name": "", "tags": 7}, MISSING, {"name", "tags"}),
        ({"tags": 7}, INVALID, {"tags"}),
        ({"tags": [1]}, INVALID, {"tags"}),
        ({"tags": {"a": 1}}, INVALID, {"tags"}),
        ({"tags": ["x" * 256]}, INVALID, {"tags"}),
        ({"tags": "a\0b"}, INVALID, {"tags"}),
        ({"name": "x" * 256}, INVALID, {"name"}),
        ({"name": ["x"]}, INVALID, {"name"}),
        ({"name": "x\0"}, INVALID, {"name"}),
    ],
)
def test_a_wrong_description_is_refused_on_adding_and_editing(
    admin: Client, word: str, wrong: dict[str, Any], expected: tuple[int, str], fields: set[str]
) -> None:
    media = add(admin, word, "kept")
    body = {"name": word, "tags": "x"} | wrong
    assert blamed(admin.ask("POST", f"/media/edit/{media}", json=body)) == (*expected, fields)
    assert blamed(admin.ask("POST", "/media/add", json=body | {"image": PICTURE})) == (*expected, fields)
    assert ids(find(admin, word)) == [media]
    assert find(admin, word)["media"][0]["tags"] == ["kept"]


@pytest.mark.parametrize("body", [{}, {"name": "x"}, {"tags": "x"}, {"image": PICTURE}])
def test_everything_that_is_missing_is_named(admin: Client, body: dict[str, str]) -> None:
    assert blamed(admin.ask("POST", "/media/add", json=body)) == (
        *MISSING,
        {"name", "tags", "image"} - set(body),
    )


def test_editing_changes_name_and_tags_and_nothing_else(admin: Client, word: str) -> None:
    media = add(admin, f"Before {word}", "old")
    (before,) = find(admin, word)["media"]
    assert admin.post(f"/media/edit/{media}", name=f"  After {word} ", tags="new") == {
        "data": UPDATED,
        "code": 200,
    }
    (after,) = find(admin, word)["media"]
    assert after == before | {"name": f"After {word}", "tags": ["new"]}
    assert find(admin, f"Before {word}")["total"] == 0


def test_the_list_is_in_the_order_of_adding_and_in_pages(admin: Client, word: str) -> None:
    added = [add(admin, f"{word} {number}") for number in range(5)]
    assert ids(find(admin, word)) == added[::-1]
    assert ids(find(admin, word, order="added-desc")) == added[::-1]
    assert ids(find(admin, word, order="added-asc")) == added
    assert ids(find(admin, word, order="added-asc", limit=MAX_ID)) == added
    page = find(admin, word, order="added-asc", limit=2, offset=2)
    assert ids(page) == added[2:4]
    assert {name: page[name] for name in ("max", "from", "to", "total")} == {
        "max": 3,
        "from": 3,
        "to": 4,
        "total": 5,
    }
    beyond = find(admin, word, limit=2, offset=5)
    assert beyond == {"media": [], "max": 0, "from": 0, "to": 0, "total": 5}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"order": "name-asc"}, "order"),
        ({"limit": 0}, "limit"),
        ({"offset": -1}, "offset"),
        ({"limit": "x"}, "limit"),
    ],
)
def test_a_wrong_query_is_refused(admin: Client, query: dict[str, Any], field: str) -> None:
    assert blamed(admin.ask("GET", "/media", params=query)) == (*INVALID, {field})


def test_a_search_is_literal_and_takes_no_notice_of_case_and_accents(admin: Client, word: str) -> None:
    plain = add(admin, f"{word} Plain")
    accents = add(admin, f"{word} POKÉMON Øre", ["100%_Straße"])
    backslash = add(admin, f"{word} c:\\path")
    assert ids(find(admin, word.upper())) == [backslash, accents, plain]
    for search in ("pokemon", "Pokémon", "ｐｏｋｅｍｏｎ", "ore", "100%_", "%_STRASSE"):
        found = ids(admin.get("/media", search=search))
        assert accents in found, search
        assert plain not in found, search
    assert backslash in ids(admin.get("/media", search="C:\\P"))
    for search in (f"{word}%plain", f"{word}_plain", f"{word} plain\\", f"øre{word}"):
        assert find(admin, search)["total"] == 0, search
    assert find(admin, "  ")["total"] == admin.get("/media")["total"] >= 3


def test_what_is_deleted_is_gone_with_its_files(admin: Client, anonymous: Client, word: str) -> None:
    media = add(admin, word)
    path = find(admin, word)["media"][0]["path"]
    assert admin.delete(f"/media/delete/{media}") == {"data": DELETED, "code": 200}
    assert find(admin, word)["total"] == 0
    assert anonymous.refused("GET", f"/media/image/{media}/high") == NOT_FOUND
    assert admin.refused("DELETE", f"/media/delete/{media}") == NOT_FOUND
    assert admin.refused("POST", f"/media/edit/{media}", json={"name": "x", "tags": "x"}) == NOT_FOUND
    for size in (path, path.replace("high", "scaled")):
        wait_until(partial(is_gone, anonymous, size))


def test_unknown_media_are_not_found(admin: Client, anonymous: Client) -> None:
    assert admin.refused("POST", f"/media/edit/{MAX_ID}", json={"name": "x", "tags": []}) == NOT_FOUND
    assert admin.refused("DELETE", f"/media/delete/{MAX_ID}") == NOT_FOUND
    assert anonymous.refused("GET", f"/media/image/{MAX_ID}/scaled") == NOT_FOUND


def test_deleting_media_in_use_takes_it_from_its_volumes(
    admin: Client, catalogue: Catalogue, word: str
) -> None:
    media, other = add(admin, word), add(admin, f"{word} other")
    group = catalogue.group(catalogue.series())
    volumes = [catalogue.volume(group) for _ in range(2)]
    for volume in volumes:
        admin.post(f"/admin-volumes/edit-volume/{volume}", added_media=[media, other])
    assert {entry["id"]: entry["volume_count"] for entry in find(admin, word)["media"]} == {
        media: 2,
        other: 2,
    }
    admin.delete(f"/media/delete/{media}")
    assert [entry["id"] for entry in catalogue.get_volume(volumes[0])["media"]] == [other]
    admin.delete(f"/admin-volumes/delete-volume/{volumes[0]}")
    assert {entry["id"]: entry["volume_count"] for entry in find(admin, word)["media"]} == {other: 1}


def test_what_is_transparent_stays_so(admin: Client, anonymous: Client, word: str) -> None:
    drawn = quarters(80, 80).convert("RGBA")
    drawn.paste((0, 0, 0, 0), (40, 0, 80, 80))
    media = add(admin, word, image=base64_of(drawn))
    shown = opened(anonymous.ask("GET", f"/media/image/{media}/high").content)
    assert shown.mode == "RGBA"
    assert shown.getchannel("A").getextrema() == (0, 255)
    assert looks_like(shown.crop((0, 0, 40, 40)), (RED,) * 4)

"""Covers between file service and catalogue: reservation, attachment, replacement, sweeping."""

from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine, text

from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.errors import INVALID
from tests.support.ids import MAX_ID
from tests.support.internal_client import InternalClient, Program
from tests.support.overlap import at_once

COVERS = "/internal/files/covers"
NO_VOLUME = (404, {"data": "Volume not found", "code": 404})
NO_COVER = (404, {"data": "Cover not found", "code": 404})


@pytest.fixture
def node(catalog: Program) -> InternalClient:
    return catalog.called_by("files", "edit-volumes")


def reserve(node: InternalClient, volume: int, side: str = "front") -> str:
    status, document = node.send("POST", f"{COVERS}/reserve", id=volume, type=side)
    assert status == 200, document
    return str(document["key"])


def attach(
    node: InternalClient, volume: int, key: str, side: str = "front", ratio: float = 0.7
) -> tuple[int, Any]:
    return node.send("POST", f"{COVERS}/attach", id=volume, type=side, key=key, aspect_ratio=ratio)


def give_cover(node: InternalClient, volume: int, side: str = "front", ratio: float = 0.7) -> str:
    key = reserve(node, volume, side)
    assert attach(node, volume, key, side, ratio) == (200, {})
    return key


def state(owner: Engine, key: str) -> str:
    """Return the state of a key; the running sweeper may have deleted a doomed one's row already."""
    with owner.connect() as db:
        found = db.execute(text("SELECT state FROM catalog.files WHERE key = :key"), {"key": key})
        return found.scalar_one_or_none() or "doomed"


def sweep(node: InternalClient) -> None:
    """Claim doomed keys and delete their rows, as a sweeper does."""
    status, document = node.send("POST", "/internal/files/doomed", limit=1000)
    assert status == 200, document
    assert node.send("POST", "/internal/files/forget", keys=document["keys"]) == (200, {})


def test_a_cover_is_reserved_attached_and_found(
    catalogue: Catalogue, volume: int, node: InternalClient, owner: Engine
) -> None:
    before = catalogue.get_volume(volume)
    key = reserve(node, volume)
    assert state(owner, key) == "pending"
    assert node.send("GET", f"{COVERS}/{volume}/front") == NO_COVER
    assert attach(node, volume, key, ratio=0.75) == (200, {})
    assert state(owner, key) == "live"
    assert node.send("GET", f"{COVERS}/{volume}/front") == (200, {"key": key, "hidden": False})
    after = catalogue.get_volume(volume)
    assert (after["cover_path"], after["aspect_ratio"]) == (f"{key}/high.webp", 0.75)
    assert after["last_update"] > before["last_update"]


def test_each_side_has_a_cover_of_its_own(catalogue: Catalogue, volume: int, node: InternalClient) -> None:
    keys = {side: give_cover(node, volume, side, ratio) for side, ratio in SIDES.items()}
    for side, key in keys.items():
        assert node.send("GET", f"{COVERS}/{volume}/{side}") == (200, {"key": key, "hidden": False})
    document = catalogue.get_volume(volume)
    assert document["cover_path"] == f"{keys['front']}/high.webp"
    assert document["back_cover_path"] == f"{keys['back']}/high.webp"
    assert document["spine_cover_path"] == f"{keys['spine']}/high.webp"
    assert document["aspect_ratio"] == SIDES["front"]
    assert node.send("POST", f"{COVERS}/remove", id=volume, type="spine") == (200, {})
    assert catalogue.get_volume(volume)["aspect_ratio"] == SIDES["front"]


SIDES = {"front": 0.7, "back": 0.71, "spine": 0.1}


def test_what_a_cover_looks_like_comes_and_goes_with_it(
    catalogue: Catalogue, volume: int, node: InternalClient
) -> None:
    looks = {"front": ("AAAA", "#aa0000"), "back": ("BBBB", "#00bb00"), "spine": ("CCCC", "#0000cc")}
    for side, (placeholder, color) in looks.items():
        body = {"id": volume, "type": side, "aspect_ratio": 0.7, "placeholder": placeholder, "color": color}
        assert node.send("POST", f"{COVERS}/attach", key=reserve(node, volume, side), **body) == (200, {})
    assert painted(catalogue, volume) == looks
    give_cover(node, volume, "back")
    assert node.send("POST", f"{COVERS}/remove", id=volume, type="spine") == (200, {})
    assert painted(catalogue, volume) == looks | {"back": (None, None), "spine": (None, None)}


def painted(catalogue: Catalogue, volume: int) -> dict[str, tuple[str | None, str | None]]:
    document = catalogue.get_volume(volume)
    prefixes = {"front": "", "back": "back_", "spine": "spine_"}
    return {
        side: (document[f"{prefix}placeholder"], document[f"{prefix}color"])
        for side, prefix in prefixes.items()
    }


def test_a_cover_that_is_to_stand_in_for_another_does_so_while_that_is_there(
    catalogue: Catalogue, volume: int, node: InternalClient, owner: Engine
) -> None:
    first, cut_anew, late = give_cover(node, volume), reserve(node, volume), reserve(node, volume)
    body = {"id": volume, "type": "front", "aspect_ratio": 0.7, "instead_of": first}
    assert node.send("POST", f"{COVERS}/attach", key=cut_anew, **body) == (200, {})
    refusal = (409, {"data": "Conflict", "code": 409})
    assert node.send("POST", f"{COVERS}/attach", key=late, **body) == refusal
    assert state(owner, late) == "pending"
    assert catalogue.get_volume(volume)["cover_path"] == f"{cut_anew}/high.webp"
    assert node.send("POST", f"{COVERS}/attach", key=late, **body | {"id": MAX_ID}) == NO_VOLUME


def test_one_of_all_that_want_to_makes_more_of_a_cover(
    volume: int, node: InternalClient, owner: Engine
) -> None:
    key = give_cover(node, volume)
    taken = at_once([partial(node.send, "POST", "/internal/files/take-on", key=key) for _ in range(8)])
    assert sorted(document["taken"] for _, document in taken) == [False] * 7 + [True]
    tries = 1
    while tries < 6:
        with owner.begin() as db:
            db.execute(
                text("UPDATE catalog.files SET work_since = now() - interval '11 minutes' WHERE key = :key"),
                {"key": key},
            )
        if not node.send("POST", "/internal/files/take-on", key=key)[1]["taken"]:
            break
        tries += 1
    assert tries == 3
    assert not node.send("POST", "/internal/files/take-on", key=reserve(node, volume))[1]["taken"]


def test_a_replaced_or_removed_cover_is_doomed(volume: int, node: InternalClient, owner: Engine) -> None:
    first, second = give_cover(node, volume), give_cover(node, volume)
    assert (state(owner, first), state(owner, second)) == ("doomed", "live")
    assert node.send("POST", f"{COVERS}/remove", id=volume, type="front") == (200, {})
    assert state(owner, second) == "doomed"
    assert node.send("POST", f"{COVERS}/remove", id=volume, type="front") == NO_COVER


def test_a_sweep_strikes_off_what_is_doomed_and_only_that(
    volume: int, node: InternalClient, owner: Engine
) -> None:
    replaced, live, pending = give_cover(node, volume), give_cover(node, volume), reserve(node, volume)
    sweep(node)
    assert node.send("POST", "/internal/files/forget", keys=[live, pending]) == (200, {})
    assert (state(owner, live), state(owner, pending)) == ("live", "pending")
    with owner.connect() as db:
        left = db.execute(text("SELECT count(*) FROM catalog.files WHERE key = :key"), {"key": replaced})
        assert left.scalar_one() == 0


def test_an_upload_given_up_on_is_swept_and_cannot_be_attached(
    volume: int, node: InternalClient, owner: Engine
) -> None:
    late, in_time = reserve(node, volume), reserve(node, volume)
    with owner.begin() as db:
        old = text("UPDATE catalog.files SET since = now() - interval '15 min 1 s' WHERE key = :key")
        db.execute(old, {"key": late})
    sweep(node)
    assert (state(owner, late), state(owner, in_time)) == ("doomed", "pending")
    status, document = attach(node, volume, late)
    assert (status, document["data"]) == (503, "Service unavailable")
    assert node.send("GET", f"{COVERS}/{volume}/front") == NO_COVER
    assert attach(node, volume, in_time) == (200, {})


def test_a_key_is_attached_once(catalogue: Catalogue, volume: int, node: InternalClient) -> None:
    key = give_cover(node, volume)
    assert attach(node, volume, key)[0] == 503
    assert attach(node, catalogue.volume(catalogue.group(catalogue.series())), key)[0] == 503
    assert attach(node, volume, "0" * 32)[0] == 503


def test_two_uploads_of_one_cover_at_once_leave_one(volume: int, node: InternalClient, owner: Engine) -> None:
    keys = [reserve(node, volume) for _ in range(6)]
    answers = at_once([partial(attach, node, volume, key) for key in keys])
    assert answers == [(200, {})] * 6
    _, document = node.send("GET", f"{COVERS}/{volume}/front")
    states = {key: state(owner, key) for key in keys}
    assert states.pop(document["key"]) == "live"
    assert set(states.values()) == {"doomed"}


def test_covers_of_what_is_deleted_are_doomed(
    catalogue: Catalogue, node: InternalClient, owner: Engine
) -> None:
    series = catalogue.series()
    group = catalogue.group(series)
    volumes = [catalogue.volume(group) for _ in range(3)]
    keys = [give_cover(node, volume, side) for volume in volumes for side in SIDES]
    catalogue.admin.delete(f"/admin-volumes/delete-volume/{volumes[0]}")
    assert [state(owner, key) for key in keys] == ["doomed"] * 3 + ["live"] * 6
    catalogue.admin.delete(f"/admin-series/delete/{series}")
    assert [state(owner, key) for key in keys] == ["doomed"] * 9


def test_a_volume_deleted_during_an_upload_is_not_found(
    catalogue: Catalogue, volume: int, node: InternalClient, owner: Engine
) -> None:
    key = reserve(node, volume)
    catalogue.admin.delete(f"/admin-volumes/delete-volume/{volume}")
    assert attach(node, volume, key) == NO_VOLUME
    assert state(owner, key) == "pending"


@pytest.mark.parametrize("unknown", [MAX_ID, MAX_ID - 1])
def test_unknown_volumes_are_not_found(node: InternalClient, unknown: int) -> None:
    assert node.send("GET", f"{COVERS}/{unknown}/front") == NO_VOLUME
    assert node.send("POST", f"{COVERS}/reserve", id=unknown, type="front") == NO_VOLUME
    assert node.send("POST", f"{COVERS}/remove", id=unknown, type="front") == NO_VOLUME


@pytest.mark.parametrize(
    ("path", "body", "blamed"),
    [
        ("covers/reserve", {"id": 1, "type": "top"}, "type"),
        ("covers/attach", {"id": 1, "type": "front", "key": "../etc", "aspect_ratio": 1}, "key"),
        ("covers/attach", {"id": 1, "type": "front", "key": "a" * 32, "aspect_ratio": 0}, "aspect_ratio"),
        ("doomed", {"limit": 1001}, "limit"),
        ("forget", {"keys": ["x"]}, "keys"),
    ],
)
def test_what_is_unusable_is_a_400(node: InternalClient, path: str, body: Any, blamed: str) -> None:
    status, document = node.send("POST", f"/internal/files/{path}", **body)
    assert (status, document["data"], list(document["errors"])) == (*INVALID, [blamed])


def test_covers_need_the_permission_to_edit_volumes(catalog: Program, volume: int) -> None:
    nobody, reader = catalog.called_by("files"), catalog.called_by("files", "view-volumes")
    for path in ("reserve", "attach", "remove"):
        body = {"id": volume, "type": "front", "key": "a" * 32, "aspect_ratio": 1}
        assert nobody.send("POST", f"{COVERS}/{path}", **body)[0] == 401
        assert reader.send("POST", f"{COVERS}/{path}", **body)[0] == 403
    assert nobody.send("GET", f"{COVERS}/{volume}/front") == NO_COVER


def test_only_the_file_service_gets_inside_and_only_there(catalog: Program, volume: int) -> None:
    everything = "edit-volumes view-volumes view-series"
    gateway, node = catalog.called_by("gateway", everything), catalog.called_by("files", everything)
    assert gateway.send("GET", f"{COVERS}/{volume}/front")[0] == 401
    assert gateway.send("POST", f"{COVERS}/reserve", id=volume, type="front")[0] == 401
    assert gateway.send("POST", "/internal/files/doomed", limit=1)[0] == 401
    assert node.send("GET", "/admin-series?client=1")[0] == 401
    assert node.send("GET", f"/admin-volumes/id/{volume}")[0] == 401


def test_the_gateway_leads_nobody_inside(admin: Client, volume: int) -> None:
    assert admin.refused("GET", f"{COVERS}/{volume}/front") == (404, "Not found")


def test_the_first_cover_in_reading_order_stands_for_the_series(
    catalogue: Catalogue, node: InternalClient
) -> None:
    series = catalogue.series()
    first, second = catalogue.group(series), catalogue.group(series)
    bare, later = catalogue.volume(first), catalogue.volume(second)
    key = give_cover(node, later, ratio=0.5)
    shown = {"id": later, "cover_path": f"{key}/high.webp", "nsfw": 0, "nsfw18": 0, "aspect_ratio": 0.5}
    shown |= {"placeholder": None, "color": None}
    assert catalogue.list()["series"][0]["volume"] == shown
    assert catalogue.list(limit=5)["series"][0]["volume"] == shown
    assert catalogue.get(series)["volume"] == shown | {"nsfw": False, "nsfw18": False}
    give_cover(node, bare, "back")
    assert catalogue.get(series)["volume"]["id"] == later
    give_cover(node, bare)
    assert catalogue.get(series)["volume"]["id"] == bare
    catalogue.admin.post("/admin-volumes/reorder-groups", order=[second, first])
    assert catalogue.get(series)["volume"]["id"] == later
    catalogue.admin.delete(f"/admin-volumes/delete-group/{second}")
    assert catalogue.get(series)["volume"]["id"] == bare
    catalogue.admin.delete(f"/admin-volumes/delete-group/{first}")
    assert catalogue.get(series)["volume"] is None

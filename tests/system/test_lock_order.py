"""Writers lock the same rows in the same order, so that they never deadlock.

Clients do not see a deadlock, as its victim is retried; the service's metrics show it.
"""

import secrets
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine, text

from deploy.stack.stack import Stack
from tests.support.catalogue import Catalogue
from tests.support.internal_client import InternalClient, Program
from tests.support.lock_waiters import SERIES_LOCKS, holding, holding_series, waiters
from tests.support.metrics import Shown
from tests.support.waiting import wait_until

COVERS = "/internal/files/covers"
IS_WAITED_FOR = """
    SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid)
"""


@pytest.fixture
def no_deadlock(stack: Stack) -> Iterator[None]:
    def retries() -> float:
        return Shown(stack.metrics_url("catalog")).value("bunko_database_retries_total")

    before = retries()
    yield
    assert retries() == before


@pytest.fixture
def node(catalog: Program) -> InternalClient:
    return catalog.called_by("files", "edit-volumes")


def save(catalogue: Catalogue, volume: int) -> int:
    return catalogue.admin.ask("POST", f"/admin-volumes/edit-volume/{volume}", json={"pages": 7}).status_code


def reorder(catalogue: Catalogue, groups: list[int]) -> int:
    return catalogue.admin.ask("POST", "/admin-volumes/reorder-groups", json={"order": groups}).status_code


@pytest.mark.usefixtures("no_deadlock")
@pytest.mark.parametrize("deed", ["attach", "remove"])
def test_a_cover_and_its_volume_can_be_saved_at_once(
    catalogue: Catalogue, node: InternalClient, owner: Engine, deed: str
) -> None:
    """A save of the volume waits for its series first, and so does an upload of the cover."""
    series = catalogue.series()
    volume = catalogue.volume(catalogue.group(series))
    cover: dict[str, Any] = {"id": volume, "type": "front"}
    key = node.send("POST", f"{COVERS}/reserve", **cover)[1]["key"]
    stored = cover | {"key": key, "aspect_ratio": 0.7}
    if deed == "remove":
        assert node.send("POST", f"{COVERS}/attach", **stored) == (200, {})
    given = {"attach": stored, "remove": cover}[deed]
    with waiters(owner) as start:
        with holding_series(owner, series):
            edited = start(partial(save, catalogue, volume))
            changed = start(lambda: node.send("POST", f"{COVERS}/{deed}", **given)[0])
        assert (edited.result(), changed.result()) == (200, 200)
    document = catalogue.get_volume(volume)
    assert (document["pages"], document["cover_path"] is not None) == (7, deed == "attach")


@pytest.mark.usefixtures("no_deadlock")
def test_who_waited_for_what_moved_on_meanwhile_waits_anew(catalogue: Catalogue, owner: Engine) -> None:
    """With the lock of the old series, it would wait for a lock whose holder waits for the old series."""
    first, second = sorted((catalogue.series() for _ in range(2)), key=lambda series: series % SERIES_LOCKS)
    groups = [catalogue.group(series) for series in (first, second)]
    volume = catalogue.volume(groups[1])
    moved = "UPDATE catalog.volumes SET series_id = :series, group_id = :group WHERE id = :volume"
    with waiters(owner) as start:
        with holding_series(owner, first, second) as db:
            edited = start(partial(save, catalogue, volume))
            reordered = start(partial(reorder, catalogue, groups))
            db.execute(text(moved), {"series": first, "group": groups[0], "volume": volume})
        assert (edited.result(), reordered.result()) == (200, 200)
    document = catalogue.get_volume(volume)
    assert (document["pages"], document["series_id"]) == (7, first)


@pytest.mark.usefixtures("no_deadlock")
def test_who_lost_a_slug_gives_back_the_others_before_waiting_again(
    catalogue: Catalogue, owner: Engine
) -> None:
    """Another writer takes a-de-2 and then z-de; the rename takes a-de, loses it, and then takes z-de and a-de-2."""
    series, name = catalogue.series(), f"x{secrets.token_hex(6)}"
    volumes = [catalogue.volume(catalogue.group(series), word) for word in ("a", "z")]
    theirs = catalogue.volume(catalogue.group(catalogue.series()))
    taken = "INSERT INTO catalog.slugs VALUES (:slug, :volume, :stem, :number)"

    def slug(word: str, number: int) -> dict[str, Any]:
        stem = f"{name}-{word}-de"
        whole = stem if number == 1 else f"{stem}-{number}"
        return {"slug": whole, "volume": theirs, "stem": stem, "number": number}

    path = f"/admin-series/edit/{series}"
    with waiters(owner) as start:
        with holding(owner, taken, **slug("a", 2)) as other:
            with holding(owner, taken, **slug("a", 1)):
                renamed = start(lambda: catalogue.admin.ask("POST", path, json={"name": name}).status_code)
            wait_until(lambda: other.execute(text(IS_WAITED_FOR)).scalar_one())
            other.execute(text(taken), slug("z", 1))
        assert renamed.result() == 200
    slugs = [catalogue.get_volume(volume)["slug"] for volume in volumes]
    assert slugs == [slug("a", 3)["slug"], slug("z", 2)["slug"]]


def test_sweepers_strike_keys_off_in_one_order(node: InternalClient, owner: Engine) -> None:
    """A call that waits for the first lock holds none of the others, in any order of arrival or naming."""
    keys = sorted((secrets.token_hex(16) for _ in range(6)), reverse=True)
    with owner.begin() as db:
        db.execute(text("INSERT INTO catalog.files VALUES (:key, 'doomed')"), [{"key": key} for key in keys])
    one = "SELECT FROM catalog.files WHERE key = :key FOR UPDATE"
    with waiters(owner) as start:
        with holding(owner, one, key=keys[-1]) as db:
            swept = start(lambda: node.send("POST", "/internal/files/forget", keys=keys)[0])
            for key in keys:
                db.execute(text(f"{one} NOWAIT"), {"key": key})
        assert swept.result() == 200

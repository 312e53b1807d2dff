"""Of concurrent calls for one name or one deletion, one succeeds; the others get the contract's refusal."""

import secrets
from collections.abc import Callable, Sequence
from functools import partial

import pytest
from sqlalchemy import Engine

from deploy.stack.stack import Stack
from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.lock_waiters import holding, waiters
from tests.support.metrics import Shown
from tests.support.overlap import at_once
from tests.support.pictures import base64_of, quarters

ROUNDS = 4
DONE = 200


@pytest.fixture
def post(admin: Client) -> Callable[..., int]:
    return lambda path, **body: admin.ask("POST", path, json=body).status_code


@pytest.fixture
def delete(admin: Client) -> Callable[[str], int]:
    return lambda path: admin.ask("DELETE", path).status_code


def check(calls: Sequence[Callable[[], int]], loser: int) -> None:
    """Make the calls at once: one succeeds, and all others are answered with ``loser``."""
    assert sorted(at_once(calls)) == [DONE] + [loser] * (len(calls) - 1)


def test_two_series_renamed_to_one_name(catalogue: Catalogue, post: Callable[..., int]) -> None:
    for number in range(ROUNDS):
        both = [catalogue.series() for _ in range(2)]
        check([partial(post, f"/admin-series/edit/{one}", name=f"Same {number}") for one in both], 409)
        assert catalogue.names().count(f"Same {number}") == 1


def test_two_groups_renamed_to_one_name(catalogue: Catalogue, post: Callable[..., int]) -> None:
    series = catalogue.series()
    for number in range(ROUNDS):
        fields = {"name": f"Same {number}", "series": series}
        both = [catalogue.group(series) for _ in range(2)]
        check([partial(post, f"/admin-volumes/edit-group/{one}", **fields) for one in both], 409)


def test_a_group_restored_and_another_added_of_its_name(
    catalogue: Catalogue, post: Callable[..., int]
) -> None:
    series = catalogue.series()
    for number in range(ROUNDS):
        name = f"Same {number}"
        trashed = catalogue.group(series, name)
        catalogue.admin.delete(f"/admin-volumes/delete-group/{trashed}")
        restored = partial(post, f"/admin-volumes/restore-group/{trashed}")
        check([restored, partial(post, "/admin-volumes/add-group", name=name, series=series)], 409)


def test_two_users_renamed_to_one_name(stack: Stack, post: Callable[..., int]) -> None:
    both = [Client(stack.address).register(f"user-{secrets.token_hex(6)}").user["id"] for _ in range(2)]
    for _ in range(ROUNDS):
        name = f"user-{secrets.token_hex(6)}"
        check([partial(post, f"/admin-users/edit/{one}", username=name) for one in both], 409)


def test_a_thing_deleted_by_several(
    catalogue: Catalogue, member: Client, delete: Callable[[str], int]
) -> None:
    series, other = catalogue.series(), catalogue.series()
    group, trashed = (catalogue.group(other) for _ in range(2))
    catalogue.admin.delete(f"/admin-volumes/delete-group/{trashed}")
    picture = {"name": "Twice", "tags": [], "image": base64_of(quarters(60, 90))}
    for path in (
        f"/admin-volumes/delete-volume/{catalogue.volume(group)}",
        f"/admin-volumes/delete-group/{group}",
        f"/admin-volumes/purge-group/{trashed}",
        f"/admin-series/delete/{series}",
        f"/media/delete/{catalogue.admin.post('/media/add', **picture)['id']}",
        f"/admin-users/delete/{member.user['id']}",
    ):
        check([partial(delete, path)] * 3, 404)


def written_at_once(owner: Engine, *calls: Callable[[], int]) -> list[int]:
    """Block writers of series until all are about to write or wait for one that is; return the statuses."""
    with waiters(owner) as start:
        with holding(owner, "LOCK TABLE catalog.series IN SHARE MODE"):
            started = [start(call) for call in calls]
        return [one.result() for one in started]


def test_two_series_whose_numbered_slugs_meet(
    catalogue: Catalogue, post: Callable[..., int], owner: Engine
) -> None:
    """The second "Titan" would be titan-2, and so would "Titan 2"."""
    catalogue.series("Titan")
    new = {"client": catalogue.client, "type": "Novel"}
    calls = [partial(post, "/admin-series/add", **new, name=name) for name in ("Titan", "Titan 2")]
    assert written_at_once(owner, *calls) == [DONE, DONE]
    assert len({series["slug"] for series in catalogue.list()["series"]}) == 3


def test_two_series_that_change_names(
    catalogue: Catalogue, post: Callable[..., int], owner: Engine, stack: Stack
) -> None:
    """Each name still belongs to the other. The two never deadlock."""
    first, second = catalogue.series("First"), catalogue.series("Second")
    third = catalogue.series("First", type="Novel")

    def deadlocks() -> float:
        return Shown(stack.metrics_url("catalog")).value("bunko_database_retries_total")

    before = deadlocks()
    for changes in (
        [(first, {"name": "Second"}), (second, {"name": "First"})],
        [(first, {"type": "Novel"}), (third, {"type": "Manga"})],
    ):
        for _ in range(ROUNDS):
            calls = [partial(post, f"/admin-series/edit/{series}", **fields) for series, fields in changes]
            assert written_at_once(owner, *calls) == [409, 409]
    assert deadlocks() == before

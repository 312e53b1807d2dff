"""Reordering groups in their series and volumes in their groups, also by several editors at once."""

import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.errors import INVALID, MISSING
from tests.support.ids import MAX_ID
from tests.support.overlap import at_once

PATHS = {"groups": "/admin-volumes/reorder-groups", "volumes": "/admin-volumes/update-order"}
DONE = {"groups": "Groups reordered", "volumes": "Volumes reordered"}


class Shelves:
    """Two parents (series or groups) with ordered children (groups or volumes)."""

    def __init__(self, catalogue: Catalogue, kind: str, sizes: Sequence[int]) -> None:
        self.catalogue, self.kind = catalogue, kind
        series = [catalogue.series() for _ in sizes]
        self.places = series if kind == "groups" else [catalogue.group(one) for one in series]
        add = catalogue.group if kind == "groups" else catalogue.volume
        self.things = [
            [add(place) for _ in range(size)] for place, size in zip(self.places, sizes, strict=True)
        ]

    def reorder(self, order: Sequence[int], client: Client | None = None) -> Any:
        """Request an order; return the answer."""
        return (client or self.catalogue.admin).ask("POST", PATHS[self.kind], json={"order": list(order)})

    def now(self) -> list[list[int]]:
        """Return the children of each parent in order, after checking that positions are 0..n-1."""
        return [self._in_place(place) for place in self.places]

    def _in_place(self, place: int) -> list[int]:
        get = self.catalogue.admin.get
        if self.kind == "groups":
            groups = get(f"/admin-volumes/groups/{place}")
            assert [group["series_order"] for group in groups] == list(range(len(groups)))
            return [group["id"] for group in groups]
        shown = get("/admin-volumes", client=self.catalogue.client)["groups"]
        (ids,) = [[volume["id"] for volume in group["volumes"]] for group in shown if group["id"] == place]
        assert [self.catalogue.get_volume(id)["group_order"] for id in ids] == list(range(len(ids)))
        return ids


def applied(order: Sequence[int], places: list[list[int]]) -> list[list[int]]:
    """Return the result of an order: the named children first, the others behind them as before."""
    return [[id for id in order if id in place] + [id for id in place if id not in order] for place in places]


@pytest.fixture(params=["groups", "volumes"])
def shelves(request: pytest.FixtureRequest, catalogue: Catalogue) -> Callable[..., Shelves]:
    return lambda *sizes: Shelves(catalogue, request.param, sizes)


def test_the_things_named_come_first_in_each_place(shelves: Callable[..., Shelves]) -> None:
    both = shelves(4, 3)
    (a, b, c, d), (x, y, z) = both.things
    answer = both.reorder([d, z, b])
    assert answer.json() == {"data": DONE[both.kind], "code": 200}
    assert both.now() == [[d, b, a, c], [z, x, y]]
    both.reorder([str(a)])  # type: ignore[list-item]  # the decimal text is as good as the number
    assert both.now() == [[a, d, b, c], [z, x, y]]


@pytest.fixture(scope="module", params=["groups", "volumes"])
def standing(request: pytest.FixtureRequest, admin: Client) -> Shelves:
    return Shelves(Catalogue(admin), request.param, (6, 4))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_order_is_applied_as_the_model_says(standing: Shelves, data: st.DataObject) -> None:
    before = standing.now()
    everything = [id for place in before for id in place]
    order = data.draw(st.lists(st.sampled_from(everything), min_size=1, unique=True))
    assert standing.reorder(order).status_code == 200
    assert standing.now() == applied(order, before)


def test_an_order_with_something_wrong_changes_nothing(shelves: Callable[..., Shelves]) -> None:
    both = shelves(3, 2)
    (a, b, c), (x, y) = before = both.now()
    wrong: list[tuple[Any, tuple[int, str]]] = [
        ([], MISSING),
        (None, MISSING),
        ("", MISSING),
        ("abc", INVALID),
        (c, INVALID),
        ({"0": c}, INVALID),
        ([c, b, c], INVALID),
        ([c, str(c)], INVALID),
        ([c, MAX_ID], INVALID),
        ([c, MAX_ID + 1], INVALID),
        ([c, 2**63], INVALID),
        ([c, -1], INVALID),
        ([c, 0], INVALID),
        ([c, None], INVALID),
        ([c, 1.5], INVALID),
        ([c, [b]], INVALID),
        ([y, x, "x"], INVALID),
        (list(range(10**6, 10**6 + 10_001)), INVALID),
    ]
    for order, refusal in wrong:
        path = PATHS[both.kind]
        assert both.catalogue.admin.refused("POST", path, json={"order": order}) == refusal, order
    assert both.catalogue.admin.refused("POST", PATHS[both.kind], json={}) == MISSING
    assert both.now() == before
    assert a != b


def test_volumes_without_a_group_cannot_be_ordered(catalogue: Catalogue) -> None:
    series = catalogue.series()
    groups = [catalogue.group(series) for _ in range(2)]
    fallen, kept = (catalogue.volume(group) for group in groups)
    catalogue.admin.delete(f"/admin-volumes/delete-group/{groups[0]}")
    for order in ([fallen], [kept, fallen]):
        assert catalogue.admin.refused("POST", PATHS["volumes"], json={"order": order}) == INVALID


def test_of_two_orders_at_once_one_holds(shelves: Callable[..., Shelves]) -> None:
    both = shelves(12, 8)
    everything = [id for place in both.now() for id in place]
    for seed in range(10):
        draw = random.Random(seed)
        orders = [draw.sample(everything, len(everything)) for _ in range(2)]
        answers = at_once([lambda order=order: both.reorder(order) for order in orders])  # type: ignore[misc]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert both.now() in [applied(order, both.things) for order in orders]


def test_of_two_partial_orders_at_once_one_is_applied_after_the_other(
    shelves: Callable[..., Shelves],
) -> None:
    both = shelves(10, 10)
    everything = [id for place in both.now() for id in place]
    for seed in range(10):
        draw = random.Random(seed)
        before = both.now()
        first, second = (draw.sample(everything, 7) for _ in range(2))
        answers = at_once([lambda: both.reorder(first), lambda: both.reorder(second)])  # noqa: B023
        assert [answer.status_code for answer in answers] == [200, 200]
        outcomes = [applied(second, applied(first, before)), applied(first, applied(second, before))]
        assert both.now() in outcomes


def test_positions_stay_dense_while_things_come_move_and_go(catalogue: Catalogue) -> None:
    shelves = Shelves(catalogue, "volumes", (6, 6))
    (here, there), admin = shelves.places, catalogue.admin
    left, right = shelves.things

    def move(volume: int) -> Any:
        return admin.ask("POST", f"/admin-volumes/edit-volume/{volume}", json={"group": there})

    calls: list[Callable[[], Any]] = [
        lambda: shelves.reorder(left[::-1]),
        lambda: shelves.reorder([*right[::-1], left[5]]),
        lambda: move(left[0]),
        lambda: move(left[3]),
        lambda: admin.ask("DELETE", f"/admin-volumes/delete-volume/{left[1]}"),
        lambda: admin.ask(
            "POST", "/admin-volumes/add-volume", json={"name": "new", "group": here, "language": "de"}
        ),
    ]
    answers = at_once(calls)
    # Only an order that names a deleted entry is refused.
    assert {answer.status_code for answer in answers[1:]} == {200}
    assert answers[0].status_code in (200, 400)
    assert sorted(map(len, shelves.now())) == [4, 8]

"""Locks expire by the database's clock; the tests age them."""

import secrets
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine, text

from tests.support.client import Client
from tests.support.overlap import at_once


@pytest.fixture
def thing() -> dict[str, Any]:
    return {"route": "series", "id": secrets.randbelow(2**52) + 1}


def age(owner: Engine, thing: dict[str, Any], seconds: float) -> None:
    """Age a lock."""
    older = (
        "UPDATE catalog.locks SET expires_at = expires_at - make_interval(secs => :seconds) "
        "WHERE route = :route AND id = :id"
    )
    with owner.begin() as db:
        db.execute(text(older), thing | {"seconds": seconds})


def seconds_left(owner: Engine, thing: dict[str, Any]) -> float:
    left = (
        "SELECT extract(epoch FROM expires_at - clock_timestamp()) FROM catalog.locks "
        "WHERE route = :route AND id = :id"
    )
    with owner.begin() as db:
        return float(db.execute(text(left), thing).scalar_one())


def test_a_lock_is_free_after_five_minutes(admin: Client, editor: Client, owner: Engine, thing: Any) -> None:
    admin.post("/admin/lock", **thing)
    assert 290 < seconds_left(owner, thing) <= 300
    age(owner, thing, 285)
    assert editor.refused("POST", "/admin/lock", json=thing) == (409, "Conflict")
    age(owner, thing, 15)
    assert admin.refused("DELETE", "/admin/remove-lock", json=thing) == (404, "Not found")
    assert editor.post("/admin/lock", **thing)["code"] == 200
    assert admin.refused("POST", "/admin/lock", json=thing) == (409, "Conflict")


def test_a_renewed_lock_lasts_five_minutes_more(admin: Client, owner: Engine, thing: Any) -> None:
    admin.post("/admin/lock", **thing)
    age(owner, thing, 200)
    admin.post("/admin/lock", **thing)
    assert 290 < seconds_left(owner, thing) <= 300


def test_an_expired_lock_goes_to_one_of_those_who_ask_at_once(
    admin: Client, editor: Client, owner: Engine, thing: Any
) -> None:
    expired = (
        "INSERT INTO catalog.locks (route, id, user_id, username, expires_at) "
        "VALUES (:route, :id, 9007199254740991, 'somebody else', now() - interval '1 s')"
    )
    for number in range(5):
        lock = thing | {"id": thing["id"] + number}
        with owner.begin() as db:
            db.execute(text(expired), lock)
        asked = at_once([partial(who.ask, "POST", "/admin/lock", json=lock) for who in (admin, editor)])
        assert sorted(answer.status_code for answer in asked) == [200, 409]

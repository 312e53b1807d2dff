"""Waits for locks time out, deadlocks are retried, and idle transactions are ended."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
import requests
from sqlalchemy import Connection, Engine, text

from catalog.store.ordering import lock_changed_series
from deploy.stack.stack import Stack
from shared.errors import UNAVAILABLE
from shared.postgres.engine import ATTEMPTS, Database
from tests.support.accounts import PASSWORD
from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.internal_client import Program
from tests.support.lock_waiters import holding, waiters
from tests.support.overlap import at_once

COVERS = "/internal/files/covers"
BUSY = (503, "Service unavailable")
AN_ID = 7_000_000_001


class Deeds:
    """Writes that need a volume, the series of a group, and an account."""

    def __init__(self, catalogue: Catalogue, catalog: Program, member: Client) -> None:
        self.catalogue, self.member = catalogue, member
        self.node = catalog.called_by("files", "edit-volumes")
        self.series, self.other = catalogue.series(), catalogue.series()
        self.volume = catalogue.volume(catalogue.group(self.series))
        self.groups = [catalogue.group(self.other) for _ in range(2)]
        self.cover = {"id": self.volume, "type": "front", "aspect_ratio": 0.7}
        self.cover |= {"key": self.node.send("POST", f"{COVERS}/reserve", **self.cover)[1]["key"]}

    def all(self) -> list[Callable[[], tuple[int, str]]]:
        return [self.edit_volume, self.edit_series, self.reorder, self.log_in, self.attach]

    def edit_volume(self) -> tuple[int, str]:
        return self.post(f"/admin-volumes/edit-volume/{self.volume}", pages=7)

    def edit_series(self) -> tuple[int, str]:
        return self.post(f"/admin-series/edit/{self.series}", tags=["seen"])

    def reorder(self) -> tuple[int, str]:
        return self.post("/admin-volumes/reorder-groups", order=self.groups[::-1])

    def log_in(self) -> tuple[int, str]:
        username = self.member.user["username"]
        return told(self.member.ask("POST", "/auth/login", json={"username": username, "password": PASSWORD}))

    def attach(self) -> tuple[int, str]:
        status, document = self.node.send("POST", f"{COVERS}/attach", **self.cover)
        return status, document.get("data")

    def post(self, path: str, **body: Any) -> tuple[int, str]:
        return told(self.catalogue.admin.ask("POST", path, json=body))


def told(answer: requests.Response) -> tuple[int, str]:
    assert answer.status_code == 200 or int(answer.headers["Retry-After"]) > 0, answer.text
    return answer.status_code, answer.json().get("data")


HELD = """
    SELECT pg_advisory_xact_lock(1, (:other % 4096)::int), volumes.id, series.id, users.id
    FROM catalog.volumes, catalog.series, users.users
    WHERE volumes.id = :volume AND series.id = :series AND users.id = :user FOR UPDATE
"""


def test_who_needs_what_somebody_holds_is_refused_in_time(
    catalogue: Catalogue, catalog: Program, member: Client, owner: Engine
) -> None:
    """Before the gateway's timeout (504). Reads do not wait."""
    deeds = Deeds(catalogue, catalog, member)
    ids = {"volume": deeds.volume, "series": deeds.series, "other": deeds.other, "user": member.user["id"]}
    with holding(owner, HELD, **ids):
        assert at_once(deeds.all()) == [BUSY] * len(deeds.all())
        assert catalogue.get_volume(deeds.volume)["pages"] is None
    done = at_once(deeds.all())
    assert [status for status, _ in done] == [200] * len(done), done
    assert (catalogue.get_volume(deeds.volume)["pages"], catalogue.get(deeds.series)["tags"]) == (7, ["seen"])


@contextmanager
def troubled(owner: Engine, body: str) -> Iterator[Callable[[], int]]:
    """Run ``body`` at every lock; yield a function that returns how often it has counted ``trial.tries``."""
    made = f"""
        CREATE SCHEMA trial;
        CREATE SEQUENCE trial.tries;
        CREATE FUNCTION trial.trouble() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
            SET search_path = pg_catalog, pg_temp AS $$ BEGIN {body} RETURN NEW; END $$;
        CREATE TRIGGER trouble BEFORE INSERT ON catalog.locks FOR EACH ROW EXECUTE FUNCTION trial.trouble();
    """

    def tries() -> int:
        with owner.connect() as db:
            return int(db.execute(text("SELECT last_value FROM trial.tries WHERE is_called")).scalar_one())

    with owner.begin() as db:
        db.execute(text(made))
    try:
        yield tries
    finally:
        with owner.begin() as db:
            db.execute(text("DROP SCHEMA trial CASCADE"))


def lock(admin: Client, thing: int = AN_ID) -> requests.Response:
    return admin.ask("POST", "/admin/lock", json={"route": "series", "id": thing})


def lock_status(admin: Client, thing: int) -> int:
    return lock(admin, thing).status_code


def failing(state: str, times: int) -> str:
    return f"IF nextval('trial.tries') <= {times} THEN RAISE 'trouble' USING ERRCODE = '{state}'; END IF;"


@pytest.mark.parametrize(
    ("state", "times", "status", "tries"),
    [
        ("40001", ATTEMPTS - 1, 200, 4),
        ("40P01", ATTEMPTS - 1, 200, 4),
        ("40001", ATTEMPTS, 503, 4),
        ("40P01", ATTEMPTS, 503, 4),
        ("55P03", 1, 503, 1),
        ("57014", 1, 503, 1),
        ("25P03", 1, 503, 1),
    ],
)
def test_a_conflict_is_tried_three_times_more_and_what_takes_too_long_is_not(
    admin: Client, owner: Engine, state: str, times: int, status: int, tries: int
) -> None:
    with troubled(owner, failing(state, times)) as tried:
        answer = lock(admin)
        assert (answer.status_code, tried()) == (status, tries)
        assert (answer.headers.get("Retry-After") == "1") == (status == 503)
        assert lock(admin).status_code == 200


def test_two_writes_in_a_deadlock_are_both_done(admin: Client, owner: Engine) -> None:
    """Each locks what the other needs next, and neither continues before both have."""
    crossing = f"""
        PERFORM nextval('trial.tries');
        PERFORM pg_advisory_xact_lock(9, CASE NEW.id WHEN {AN_ID} THEN 1 ELSE 2 END);
        PERFORM pg_advisory_xact_lock_shared(9, 3);
        PERFORM pg_advisory_xact_lock(9, CASE NEW.id WHEN {AN_ID} THEN 2 ELSE 1 END);
    """
    with troubled(owner, crossing) as tried, waiters(owner) as start:
        with holding(owner, "SELECT pg_advisory_xact_lock(9, 3)"):
            both = [start(partial(lock_status, admin, thing)) for thing in (AN_ID, AN_ID + 1)]
        assert [one.result() for one in both] == [200, 200]
        assert tried() >= 3


def test_a_forgotten_transaction_is_ended_and_those_who_wait_go_on(
    catalogue: Catalogue, stack: Stack, owner: Engine
) -> None:
    series = catalogue.series()
    database = Database(stack.database_url("catalog"), {}, connections=1)
    held, looked = threading.Event(), threading.Event()

    def forget(db: Connection) -> None:
        bound = "SELECT setting::int FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout'"
        assert 0 < db.execute(text(bound)).scalar_one() <= 30_000
        db.execute(text("SET LOCAL idle_in_transaction_session_timeout = '1s'"))
        lock_changed_series(db, series)
        held.set()
        assert looked.wait(90)
        db.execute(text("SELECT 1"))

    with ThreadPoolExecutor() as pool, waiters(owner) as start:
        forgotten = pool.submit(database.write, forget)
        assert held.wait(90)
        edited = start(partial(rename, catalogue, series))
        assert edited.result() == 200
        looked.set()
        error = forgotten.exception()
    assert isinstance(error, Exception)
    assert database.refusal(error) is UNAVAILABLE
    database.check()


def rename(catalogue: Catalogue, series: int) -> int:
    return catalogue.admin.ask("POST", f"/admin-series/edit/{series}", json={"name": "Seen"}).status_code

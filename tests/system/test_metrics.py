"""Metrics: correct after known traffic, with several workers, and after one was killed."""

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import psutil
import pytest
import requests

from deploy.stack.stack import Stack
from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.metrics import Shown
from tests.support.pictures import base64_of, quarters
from tests.support.programs import program
from tests.support.waiting import wait_until

READ = {"method": "GET", "route": "/auth", "status": "2xx"}


@dataclass(frozen=True)
class Pair:
    """A gateway with two workers."""

    address: str
    metrics: str

    def shown(self) -> Shown:
        return Shown(self.metrics)

    def workers(self) -> list[psutil.Process]:
        place = self.address.removeprefix("http://")
        for child in psutil.Process().children():
            with suppress(psutil.Error):
                if child.environ().get("BIND") == place:
                    return child.children()
        raise AssertionError("the gateway has gone")


@pytest.fixture(scope="module")
def pair(stack: Stack) -> Iterator[Pair]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        place = f"127.0.0.1:{listener.getsockname()[1]}"
    with program(stack, "gateway", WORKERS="2", METRICS_BIND=place) as address:
        yield Pair(address, f"http://{place}/metrics")


def test_both_workers_count_into_one_figure_that_outlives_them(pair: Pair, member: Client) -> None:
    cookie = {"Cookie": f"refreshToken={member.session.cookies['refreshToken']}", "Connection": "close"}
    before = pair.shown().value("bunko_requests_total", **READ)

    def read(times: int) -> None:
        for _ in range(times):
            assert requests.get(pair.address + "/auth/me", headers=cookie, timeout=30).ok

    read(30)
    assert pair.shown().value("bunko_requests_total", **READ) == before + 30
    killed = pair.workers()
    for worker in killed:
        worker.kill()
        wait_until(lambda: len(set(pair.workers()) - set(killed)) > killed.index(worker))  # noqa: B023
        assert pair.shown().value("bunko_requests_total", **READ) == before + 30
    read(10)
    shown = pair.shown()
    assert shown.value("bunko_requests_total", **READ) == before + 40
    assert shown.value("bunko_request_seconds_count", method="GET", route="/auth") == before + 40
    assert shown.value("bunko_gateway_asked_total", service="users", outcome="answered") >= 40
    assert shown.value("bunko_gateway_question_seconds_count", question="session") >= 40
    assert shown.value("bunko_gateway_answers_awaited") == 0
    assert shown.value("bunko_nodes", service="catalog") == 1
    wait_until(lambda: pair.shown().value("bunko_database_connections_in_use") == 0)


def test_unknown_paths_and_methods_add_no_series(pair: Pair, stack: Stack) -> None:
    catalog = stack.service_url("catalog")
    asked = requests.Session()

    def unknown(number: int) -> None:
        for path in (f"/no-such-page/{number}", f"/series/no-such-route-{number}"):
            assert asked.get(pair.address + path, timeout=30).status_code in (401, 404)
            assert asked.get(catalog + path, timeout=30).status_code in (401, 404)

    for method in ("HEAD", "PUT", "OPTIONS", "BREW"):
        asked.request(method, pair.address + "/no-such-page", timeout=30)
    unknown(0)
    urls = (pair.metrics, stack.metrics_url("catalog"))
    before = [Shown(url) for url in urls]
    for number in range(250):
        unknown(number)
    for earlier, later in zip(before, map(Shown, urls), strict=True):
        assert len(later.of("bunko_requests_total")) == len(earlier.of("bunko_requests_total"))
        assert "no-such" not in later.text
        counted = [shown.value("bunko_requests_total", route="unknown") for shown in (earlier, later)]
        assert counted[1] - counted[0] >= 250


def test_metrics_are_not_to_be_had_at_the_public_address(stack: Stack, pair: Pair) -> None:
    private = stack.metrics_url("gateway").removeprefix("http://").removesuffix("/metrics")
    for address in (
        stack.address,
        pair.address,
        *map(stack.service_url, ("catalog", "media", "users", "file-1")),
    ):
        answer = requests.get(address + "/metrics", headers={"Host": private}, timeout=30)
        assert answer.status_code == 404, address


def test_prometheus_is_told_of_every_program(stack: Stack) -> None:
    told = json.loads(stack.targets.read_text(encoding="utf-8"))
    assert {entry["labels"]["job"] for entry in told} == {"gateway", "catalog", "media", "users", "files"}
    for entry in told:
        (target,) = entry["targets"]
        shown = Shown(f"http://{target}/metrics")
        assert target.startswith("127.0.0.1:")
        assert shown.value("bunko_program_cpu_seconds_total") > 0
        assert shown.value("bunko_program_memory_bytes") > 10_000_000
        assert shown.value("bunko_program_processes") >= 2


def test_a_restarted_program_counts_anew_at_the_same_address(stack: Stack) -> None:
    url = stack.metrics_url("media")
    began = Shown(url).value("bunko_program_start_time_seconds")
    stack.restart_program("media")
    wait_until(lambda: Shown(url).value("bunko_program_start_time_seconds") > began)
    assert Shown(url).value("bunko_worker_starts_total") == 1


def test_a_picture_is_counted_on_its_way(stack: Stack, admin: Client, catalogue: Catalogue) -> None:
    shown = partial(Shown, stack.metrics_url("file-1"))
    volume = catalogue.volume(catalogue.group(catalogue.series()))
    path = f"/admin-volumes/update-image/{volume}/front"
    before = shown()
    admin.post(path, image=base64_of(quarters()))
    assert admin.refused("POST", path, json={"image": "R0lGODlh"})[0] == 400
    admin.post(path, image=base64_of(quarters()))
    after = shown()

    def more(name: str, **labels: str) -> float:
        return after.value(name, **labels) - before.value(name, **labels)

    assert more("bunko_pictures_total", outcome="stored") == 2
    assert more("bunko_pictures_total", outcome="unusable") == 1
    for step in ("reserve", "decode", "store", "attach"):
        assert more("bunko_picture_seconds_count", step=step) == 2
    assert more("bunko_picture_bytes_total", what="stored") > 1000
    route = "/admin-volumes/update-image/<id>/<type>"
    assert more("bunko_requests_total", method="POST", route=route, status="2xx") == 2
    deleted = {"service": "catalog", "outcome": "deleted"}
    wait_until(
        lambda: (
            shown().value("bunko_sweeper_keys_total", **deleted)
            > before.value("bunko_sweeper_keys_total", **deleted)
        )
    )
    assert more("bunko_sweeper_failures_total") == 0
    wait_until(lambda: shown().value("bunko_decoding_slots_busy") == 0)


def test_statements_and_connections_of_a_service_are_counted(stack: Stack, admin: Client) -> None:
    before = Shown(stack.metrics_url("catalog"))
    admin.get("/admin-series", client=1)
    after = Shown(stack.metrics_url("catalog"))
    assert after.value("bunko_database_seconds_total") > before.value("bunko_database_seconds_total")
    assert after.value("bunko_database_connections") >= 4
    wait_until(lambda: Shown(stack.metrics_url("catalog")).value("bunko_database_connections_in_use") == 0)

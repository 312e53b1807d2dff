"""``/status`` for programs: a healthy system, and one with missing parts."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import requests

from deploy.installation.version import version
from deploy.stack.stack import Stack
from shared.web.health import PATH
from tests.support.waiting import wait_until
from tests.system.seeing.conftest import Stopping

JSON = {"Accept": "application/json"}


def found(stack: Stack) -> dict[str, dict[str, Any]]:
    """Return the state of each service."""
    answer = requests.get(stack.address + "/status", headers=JSON, timeout=20)
    assert answer.status_code == 200
    return {service["name"]: service for service in answer.json()["services"]}


def settled(stack: Stack, wanted: Callable[[dict[str, str]], bool]) -> dict[str, dict[str, Any]]:
    """Wait until the services have the ``wanted`` states, which may flap on a busy machine, and return them."""
    said: list[dict[str, dict[str, Any]]] = []

    def is_so() -> bool:
        said.append(found(stack))
        return wanted({name: service["state"] for name, service in said[-1].items()})

    wait_until(is_so)
    return said[-1]


WELL = dict.fromkeys(["gateway", "catalog", "media", "users", "files", "database"], "ready")


def test_it_says_what_runs_and_since_when(seen: Stack) -> None:
    services = settled(seen, lambda states: states == WELL)
    assert {name: len(service["nodes"]) for name, service in services.items()} == dict.fromkeys(WELL, 1) | {
        "files": 2
    }
    for name in WELL.keys() - {"database"}:
        for node in services[name]["nodes"]:
            assert node["version"] == version()
            assert datetime.fromisoformat(node["started"]) <= datetime.fromisoformat(node["since"])
    schemas = {name: services[name]["nodes"][0]["schema"] for name in services}
    for name in ("catalog", "media", "users"):
        assert re.fullmatch(name + r"_\d{4}", schemas[name]["at"])
        assert schemas[name]["at"] == schemas[name]["newest"]
    assert [schemas[name] for name in ("gateway", "files", "database")] == [None] * 3


def test_it_tells_nobody_where_anything_is(seen: Stack) -> None:
    for accept in ("application/json", "text/html"):
        answer = requests.get(seen.address + "/status", headers={"Accept": accept}, timeout=20)
        assert accept in answer.headers["Content-Type"]
        assert "127.0.0.1" not in answer.text
        assert not re.search(r"\b\d{5}\b", answer.text), "a port or a process"


@pytest.mark.parametrize("accept", [None, "*/*", "text/html,application/xhtml+xml,*/*;q=0.8"])
def test_people_get_a_page(seen: Stack, accept: str | None) -> None:
    answer = requests.get(seen.address + "/status", headers={"Accept": accept}, timeout=20)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Accept" in answer.headers["Vary"]


def test_a_service_that_hangs_does_not_answer_and_the_others_do(seen: Stack, stopping: Stopping) -> None:
    before = settled(seen, lambda states: states == WELL)
    with stopping("catalog"):
        during = settled(seen, lambda states: states == WELL | {"catalog": "no answer"})
    after = settled(seen, lambda states: states == WELL)
    moments = [services["catalog"]["since"] for services in (before, during, after)]
    assert moments == sorted(set(moments))
    assert during["catalog"]["nodes"][0]["version"] is None


def test_file_nodes_are_told_apart(seen: Stack, stopping: Stopping) -> None:
    with stopping("file-2"):
        services = settled(seen, lambda states: states == WELL | {"files": "partly"})
        assert [node["state"] for node in services["files"]["nodes"]] == ["ready", "no answer"]
        with stopping("file-1"):
            settled(seen, lambda states: states["files"] == "no answer")
    settled(seen, lambda states: states == WELL)


def test_it_is_there_while_the_database_is_not(seen: Stack, stopping: Stopping) -> None:
    def away(states: dict[str, str]) -> bool:
        services = {states[name] for name in ("catalog", "media", "users")}
        return states["database"] == "no answer" and states["gateway"] == "ready" and "ready" not in services

    with stopping("postgres"):
        settled(seen, away)
    settled(seen, lambda states: states == WELL)


@pytest.mark.parametrize("name", ["catalog", "file-1"])
def test_programs_tell_strangers_nothing(seen: Stack, name: str) -> None:
    answer = requests.get(seen.service_url(name) + PATH, timeout=20)
    assert (answer.status_code, answer.json()) == (401, {"data": "Unauthorized", "code": 401})

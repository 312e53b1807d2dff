"""Log lines of answered requests: one format in every program, with caller, route and times."""

import json
import secrets
from typing import Any

import pytest

from deploy.stack.stack import Stack
from shared.observability.logs import AccessRecord
from tests.support.client import Client
from tests.support.waiting import wait_until

EVERY_LINE = {"time", "level", "logger", "message", "program", "request_id"}


def lines(stack: Stack, program: str, request_id: str) -> list[dict[str, Any]]:
    """The log line of a program about one request."""
    said = [line for line in stack.log.tail(program) if f'"{request_id}"' in line]
    return [line for line in map(json.loads, said) if line["logger"] == "bunko.access"]


def line(stack: Stack, program: str, request_id: str) -> dict[str, Any]:
    """Return the line of a program about a request; it is written after the answer was sent."""
    wait_until(lambda: lines(stack, program, request_id), seconds=30)
    (only,) = lines(stack, program, request_id)
    return only


@pytest.mark.parametrize(
    ("program", "path", "route"),
    [
        ("catalog", "/admin-volumes/id/999999999", "/admin-volumes/id/<id>"),
        ("users", "/auth/me", "/auth/me"),
        ("media", "/media", "/media"),
        ("file-1", "/user/avatar/7/scaled", "/user/avatar/<id>/<res>"),
    ],
)
def test_gateway_and_service_say_the_same_of_a_request(
    stack: Stack, admin: Client, program: str, path: str, route: str
) -> None:
    request_id = f"line-{secrets.token_hex(6)}"
    answer = admin.ask("GET", f"{path}?search=a-canary", headers={"X-Request-Id": request_id})
    service, gateway = line(stack, program, request_id), line(stack, "gateway", request_id)
    for said in (service, gateway):
        assert said.keys() == EVERY_LINE | AccessRecord.__annotations__.keys()
        assert (said["method"], said["path"], said["route"]) == ("GET", path, route)
        assert (said["status"], said["request_id"]) == (answer.status_code, request_id)
        assert "canary" not in str(said)
    assert gateway["ms"] >= gateway["gateway_ms"] >= gateway["service_ms"] >= gateway["database_ms"]
    assert (service["ms"], service["database_ms"]) == (gateway["service_ms"], gateway["database_ms"])
    assert (gateway["database_ms"] > 0) == (program != "file-1")
    assert (gateway["upstream"], service["upstream"]) == (stack.service_url(program), None)


def test_the_user_stands_in_both_lines(stack: Stack, member: Client) -> None:
    request_id = f"line-{secrets.token_hex(6)}"
    member.ask("GET", "/auth/me", headers={"X-Request-Id": request_id})
    assert line(stack, "gateway", request_id)["user"] == member.user["id"]
    assert line(stack, "users", request_id)["user"] == member.user["id"]


def test_what_no_service_answered_has_neither_route_nor_service_time(stack: Stack, anonymous: Client) -> None:
    request_id = f"line-{secrets.token_hex(6)}"
    anonymous.ask("GET", "/nothing", headers={"X-Request-Id": request_id})
    said = line(stack, "gateway", request_id)
    assert (said["status"], said["gateway_ms"] > 0) == (404, True)
    assert [said[name] for name in ("route", "user", "upstream", "service_ms", "database_ms")] == [None] * 5


def test_what_a_service_says_of_its_work_stays_inside(admin: Client) -> None:
    assert "Bunko-Work" not in admin.ask("GET", "/auth/me").headers


@pytest.mark.parametrize("path", ["/series/nothing/1", "/media/nothing/1/2", "/user/nothing"])
def test_what_a_service_has_no_route_for_is_logged_without_one(
    stack: Stack, anonymous: Client, path: str
) -> None:
    request_id = f"line-{secrets.token_hex(6)}"
    assert anonymous.ask("GET", path, headers={"X-Request-Id": request_id}).status_code == 404
    said = line(stack, "gateway", request_id)
    assert (said["route"], said["service_ms"] > 0) == (None, True)

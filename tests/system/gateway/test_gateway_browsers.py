"""Headers for browsers, requests from other sites, and the log of both."""

import json

import pytest

from tests.support.client import Client
from tests.support.gateway_harness import GatewayHarness, HarnessFactory
from tests.support.waiting import wait_until

FRONT = "https://front.example"


@pytest.fixture(scope="module")
def open_door(opening: HarnessFactory) -> GatewayHarness:
    """A gateway that allows one front end on another origin."""
    return opening.open(ALLOWED_ORIGINS=f"{FRONT},http://localhost:3000")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": FRONT}, 200),
        ({"Origin": FRONT, "Sec-Fetch-Site": "cross-site"}, 200),
    ],
)
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_changes_for_foreign_pages_are_refused(
    open_door: GatewayHarness, cookie: dict[str, str], method: str, headers: dict[str, str], status: int
) -> None:
    open_door["catalog"].requests.clear()
    answer = open_door.ask(method, "/admin/lock", cookies=cookie, headers=headers, json={})
    assert answer.status_code == status
    assert len(open_door["catalog"].requests) == (status == 200)
    if status == 403:
        assert answer.json() == {"data": "Forbidden", "code": 403}


def test_a_page_of_this_very_address_may_change_things(open_door: GatewayHarness) -> None:
    for origin in (open_door.address, open_door.address.replace("http:", "https:")):
        assert open_door.ask("POST", "/admin/lock", headers={"Origin": origin}).status_code == 200


def test_a_preflight_is_answered_at_the_gateway(open_door: GatewayHarness) -> None:
    open_door["catalog"].requests.clear()
    asked = {"Origin": FRONT, "Access-Control-Request-Method": "POST"}
    answer = open_door.ask("OPTIONS", "/admin/lock", headers=asked)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == FRONT
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert "Content-Type" in answer.headers["Access-Control-Allow-Headers"].split(", ")
    assert {"POST", "DELETE"} <= set(answer.headers["Access-Control-Allow-Methods"].split(", "))
    assert answer.headers["Vary"] == "Origin"
    refused = open_door.ask("OPTIONS", "/admin/lock", headers=asked | {"Origin": "https://evil.example"})
    assert refused.status_code == 403
    assert "Access-Control-Allow-Origin" not in refused.headers
    assert open_door["catalog"].requests == []


@pytest.mark.parametrize("path", ["/volumes/1", "/nothing", "/volumes/%00", "/health/live"])
def test_every_answer_can_be_read_by_front_ends_of_ours_alone(open_door: GatewayHarness, path: str) -> None:
    ours = open_door.ask("GET", path, headers={"Origin": FRONT})
    assert ours.headers["Access-Control-Allow-Origin"] == FRONT
    assert "Retry-After" in ours.headers["Access-Control-Expose-Headers"]
    for headers in ({"Origin": "https://evil.example"}, {}):
        theirs = open_door.ask("GET", path, headers=headers)
        assert theirs.status_code == ours.status_code
        assert "Access-Control-Allow-Origin" not in theirs.headers
        assert theirs.headers["Vary"] == "Origin"


def test_a_service_cannot_open_its_answers_to_others(door: GatewayHarness) -> None:
    open_to_all = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Credentials": "true"}
    door["catalog"].responder["/volumes/1"] = lambda exchange: exchange.send(200, b"", open_to_all)
    answer = door.ask("GET", "/volumes/1", headers={"Origin": FRONT})
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize("path", ["/volumes/1", "/nothing", "/volumes/%00"])
def test_every_answer_protects_its_reader(door: GatewayHarness, path: str) -> None:
    headers = door.ask("GET", path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Request-Id"]


def test_the_log_has_a_line_a_request_and_no_secret(
    door: GatewayHarness, cookie: dict[str, str], member: Client
) -> None:
    canary = "canary-5d1c"
    answer = door.ask(
        "POST",
        f"/auth/me?search={canary}",
        cookies=cookie,
        headers={"X-Request-Id": "line-1", "Authorization": canary},
        json={"password": canary},
    )
    assert answer.status_code == 200
    wait_until(lambda: '"line-1"' in door.log())  # it is written when the answer has been sent
    log = door.log()
    (line,) = [json.loads(line) for line in log.splitlines() if '"line-1"' in line]
    ms = line.pop("ms")
    assert 0 < ms < 5000
    assert (
        line.items()
        >= {
            "program": "gateway",
            "method": "POST",
            "path": "/auth/me",
            "status": 200,
            "upstream": door["users"].url,
            "user": member.user["id"],
            "request_id": "line-1",
        }.items()
    )
    token = next(value for name, value in door["users"].requests[0].headers if name == "Bunko-Identity")
    for secret in (canary, cookie["refreshToken"], cookie["refreshToken"].split(".")[2], token):
        assert secret not in log


def test_the_gateway_starts_without_a_warning(door: GatewayHarness) -> None:
    """It runs with all warnings shown: gevent warns when it patches too late."""
    assert "Warning" not in door.log()

"""The session cookie in browsers: of this host, of a domain, of a path, and under another name."""

import pytest
import requests

from tests.support.gateway_harness import GatewayHarness, HarnessFactory

HOST = "bunko.example.org"
TWO = {"Cookie": "refreshToken=a; refreshToken=b"}


@pytest.mark.parametrize(
    "path",
    [
        "/volumes/cover/1/front",
        "/media/image/1",
        "/user/avatar/1",
        "/files/0123456789abcdef0123456789abcdef/high.webp",
        "/status",
        "/docs",
        "/docs/docs.js",
        "/health/live",
        "/nothing",
    ],
)
def test_what_is_for_everybody_looks_at_no_cookie(door: GatewayHarness, path: str) -> None:
    assert door.ask("GET", path, headers=TWO).status_code == (404 if path == "/nothing" else 200)


@pytest.mark.parametrize(
    ("domain", "path"),
    [
        ("", "/auth"),
        ("", "/auth/"),
        ("", "/auth/me"),
        (".example.org", "/"),
        (".example.org", "/auth"),
        (".bunko.example.org", "/"),
    ],
)
def test_a_browser_that_was_given_a_second_cookie_gets_out(
    door: GatewayHarness, domain: str, path: str
) -> None:
    """After one 400 the browser has neither, so that a sign-in works again."""
    browser = requests.Session()
    browser.headers["Host"] = HOST
    browser.cookies.set("refreshToken", "ours", domain=HOST, path="/")
    browser.cookies.set("refreshToken", "tossed", domain=domain or HOST, path=path)
    browser.cookies.set("theme", "dark", domain=HOST, path="/")
    refused = browser.get(door.address + "/auth/me")
    assert (refused.status_code, refused.json()["errors"]) == (400, {"refreshToken": "must be sent once"})
    assert refused.headers["Cache-Control"] == "no-store"
    assert [cookie.name for cookie in browser.cookies] == ["theme"]
    assert browser.get(door.address + "/auth/me").status_code == 200
    browser.cookies.set("refreshToken", "new", domain=HOST, path="/")
    assert browser.get(door.address + "/auth/me").status_code == 200


def test_the_cookie_is_read_under_the_name_that_is_configured(
    opening: HarnessFactory, cookie: dict[str, str]
) -> None:
    door = opening.open(COOKIE_NAME="__Host-refreshToken")
    token = cookie["refreshToken"]
    for header, state in {
        f"__Host-refreshToken={token}": "user",
        f"refreshToken={token}": "anonymous",
        f"refreshToken=a; refreshToken=b; __Host-refreshToken={token}": "user",
    }.items():
        door["users"].requests.clear()
        assert door.ask("GET", "/auth/me", headers={"Cookie": header}).status_code == 200
        assert door["users"].requests[0].identity("users").state == state
    answer = door.ask("GET", "/auth/me", headers={"Cookie": "__Host-refreshToken=a; __Host-refreshToken=b"})
    assert answer.status_code == 400
    assert answer.headers["Set-Cookie"] == (
        "__Host-refreshToken=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure"
    )

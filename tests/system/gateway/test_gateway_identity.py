"""The caller's identity that the gateway passes on."""

import secrets
import time

import jwt
import pytest

from deploy.stack.stack import Stack
from shared.identity import tokens
from tests.support.client import Client
from tests.support.errors import INVALID
from tests.support.gateway_harness import GatewayHarness, answered

FORGED = "eyJhbGciOiJIUzI1NiIsInR5cCI6ImlkZW50aXR5In0.e30.AAAA"


def test_without_a_cookie_the_caller_is_nobody_and_that_is_signed(door: GatewayHarness) -> None:
    assert door.ask("GET", "/volumes/1?a=b").status_code == 200
    identity = door["catalog"].requests[0].identity("catalog")
    assert (identity.state, identity.caller, identity.client_ip) == ("anonymous", None, "127.0.0.1")


def test_with_a_cookie_the_caller_is_named_with_all_permissions(
    door: GatewayHarness, admin: Client, cookie: dict[str, str], member: Client
) -> None:
    door.ask("GET", "/auth/me", cookies=cookie)
    identity = door["users"].requests[0].identity("users")
    assert identity.state == "user"
    assert identity.caller is not None
    assert identity.caller.id == member.user["id"]
    assert identity.caller.name == member.user["username"]
    assert identity.caller.permissions == {"rate-series"}
    assert identity.caller.session


def test_the_token_is_good_for_that_service_method_and_path_alone(
    door: GatewayHarness, cookie: dict[str, str]
) -> None:
    door.ask("POST", "/volumes/a%c3%a9//b/?x=1", cookies=cookie)
    asked = door["catalog"].requests[0]
    assert asked.target == "/volumes/a%C3%A9//b/?x=1"
    claims = jwt.decode(str(asked.header(tokens.HEADER)), options={"verify_signature": False})
    assert (claims["iss"], claims["aud"], claims["m"]) == ("gateway", "catalog", "POST")
    assert claims["p"] == "/volumes/a%C3%A9//b/"
    assert claims["exp"] - claims["iat"] == 15


def test_a_logout_counts_from_the_next_request_on(
    door: GatewayHarness, member: Client, cookie: dict[str, str]
) -> None:
    member.post("/auth/logout")
    door.ask("GET", "/auth/me", cookies=cookie)
    assert door["users"].requests[0].identity("users").state == "anonymous"


def test_a_deleted_users_cookie_is_gone(
    door: GatewayHarness, admin: Client, member: Client, cookie: dict[str, str]
) -> None:
    admin.delete(f"/admin-users/delete/{member.user['id']}")
    door.ask("GET", "/user/settings", cookies=cookie)
    assert door["users"].requests[0].identity("users").state == "gone"


def test_a_changed_role_counts_from_the_next_request_on(
    door: GatewayHarness, admin: Client, member: Client, cookie: dict[str, str]
) -> None:
    editor = next(role["id"] for role in admin.get("/admin-roles") if role["name"] == "Editor")
    admin.post(
        f"/admin-users/edit/{member.user['id']}", username=member.user["username"], added_roles=[editor]
    )
    door.ask("GET", "/auth/me", cookies=cookie)
    caller = door["users"].requests[0].identity("users").caller
    assert caller is not None
    assert caller.may("edit-volumes")


def test_a_cookie_for_another_users_session_is_nobodys(
    door: GatewayHarness, stack: Stack, member: Client, cookie: dict[str, str]
) -> None:
    key = stack.settings("gateway")["SESSION_KEY"]
    claims = jwt.decode(cookie["refreshToken"], options={"verify_signature": False})
    for changes in ({"sub": str(member.user["id"] + 1)}, {"sid": secrets.token_hex(16)}):
        forged = jwt.encode(claims | changes, key, headers={"typ": "refresh"})
        door.ask("GET", "/auth/me", cookies={"refreshToken": forged})
        assert door["users"].requests.pop().identity("users").state == "anonymous"


@pytest.mark.parametrize("token", [FORGED, "", "x", "a.b.c", "é"])
def test_a_broken_cookie_makes_nobody_and_no_error(door: GatewayHarness, token: str) -> None:
    answer = door.ask("GET", "/volumes/1", headers={"Cookie": f"refreshToken={token}".encode()})
    assert answer.status_code == 200
    assert door["catalog"].requests[0].identity("catalog").state == "anonymous"


def test_an_expired_cookie_makes_nobody(door: GatewayHarness, stack: Stack, cookie: dict[str, str]) -> None:
    claims = jwt.decode(cookie["refreshToken"], options={"verify_signature": False})
    key = stack.settings("gateway")["SESSION_KEY"]
    old = jwt.encode(claims | {"exp": int(time.time()) - 1}, key, headers={"typ": "refresh"})
    door.ask("GET", "/auth/me", cookies={"refreshToken": old})
    assert door["users"].requests[0].identity("users").state == "anonymous"


@pytest.mark.parametrize(
    "lines",
    [
        b"Cookie: refreshToken=%(a)s; refreshToken=%(a)s",
        b"Cookie: refreshToken=%(a)s\r\nCookie: refreshToken=x",
        b"cookie: refreshToken=x\r\nCOOKIE: refreshToken=%(a)s",
        b'Cookie: "refreshToken"=x; refreshToken=%(a)s',
        b"Cookie: \xa0refreshToken=x; refreshToken=%(a)s",
    ],
)
def test_two_session_cookies_are_a_400(door: GatewayHarness, cookie: dict[str, str], lines: bytes) -> None:
    lines = lines % {b"a": cookie["refreshToken"].encode()}
    status, document = answered(
        door.raw(b"GET /auth/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + lines + b"\r\n\r\n")
    )
    assert (status, document["data"]) == INVALID
    assert "refreshToken" in document["errors"]
    assert door["users"].requests == []


@pytest.mark.parametrize(
    "line",
    [
        f"{name}: {FORGED}"
        for name in (
            "Bunko-Identity",
            "bunko-identity",
            "BUNKO-IDENTITY",
            "Bunko_Identity",
            "bunko_identity",
            "Bunko.Identity",
            "Bunko--Identity",
            "HTTP_BUNKO_IDENTITY",
            "HTTP-Bunko-Identity",
            "X-Bunko-Identity",
            "Bunko-Identity\r\nBunko-Identity",
        )
    ]
    + [
        f"Bunko-Identity : {FORGED}",
        f"Bunko-Identity:\r\n {FORGED}",
        f"X: y\r\n Bunko-Identity: {FORGED}",
        "SCRIPT_NAME: /x",
        "Script-Name: /x",
        "PATH_INFO: /x",
        "X-Forwarded-Prefix: /x",
        "X-Forwarded-User: admin",
        "X-Original-URL: /internal/x",
        "X-HTTP-Method-Override: DELETE",
        "Authorization: Bearer x",
        "Connection: Bunko-Identity, close",
        "Trailer: Bunko-Identity",
        "X-Request-Id: a b",
    ],
)
def test_no_header_of_a_client_passes_for_the_gateways(door: GatewayHarness, line: str) -> None:
    request = f"GET /volumes/1 HTTP/1.1\r\nHost: x\r\n{line}\r\nConnection: close\r\n\r\n"
    response = door.raw(request.encode(), seconds=2)
    if not door["catalog"].requests:
        assert answered(response)[0] == 400
        return
    asked = door["catalog"].requests[0]
    assert (asked.method, asked.target) == ("GET", "/volumes/1")
    assert asked.identity("catalog").state == "anonymous"
    names = {name.lower() for name, _ in asked.headers}
    assert names == {"host", "accept-encoding", "x-request-id", "bunko-identity"}
    assert " " not in str(asked.header("X-Request-Id"))


def test_the_cookie_itself_never_reaches_a_service(door: GatewayHarness, cookie: dict[str, str]) -> None:
    door.ask("GET", "/auth/me", cookies=cookie | {"theme": "dark"}, headers={"Authorization": "Bearer x"})
    everything = repr(door["users"].requests[0])
    assert cookie["refreshToken"] not in everything
    assert "theme" not in everything
    assert "Bearer" not in everything


def test_a_usable_request_id_is_kept(door: GatewayHarness) -> None:
    answer = door.ask("GET", "/volumes/1", headers={"X-Request-Id": "trace-1.a_b"})
    assert answer.headers["X-Request-Id"] == "trace-1.a_b"
    assert door["catalog"].requests[0].header("X-Request-Id") == "trace-1.a_b"

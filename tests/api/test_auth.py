"""Registering, signing in and signing out through the gateway."""

import secrets
from functools import partial
from http.cookies import SimpleCookie
from typing import Any

import jwt
import pytest

from tests.support.accounts import PASSWORD
from tests.support.client import Client
from tests.support.errors import INVALID, MISSING, UNAUTHORIZED
from tests.support.overlap import at_once

WRONG = (401, "Invalid credentials")


def fresh_name() -> str:
    return f"Reader.{secrets.token_hex(6)}"


def test_registering_makes_an_account_and_signs_nobody_in(anonymous: Client) -> None:
    name = fresh_name()
    answer = anonymous.ask("POST", "/auth/register", json={"username": name, "password": PASSWORD})
    created = answer.json()
    assert answer.status_code == 201
    assert created == {
        "data": "User created successfully",
        "code": 201,
        "id": created["id"],
        "slug": name.lower(),
    }
    assert "Set-Cookie" not in answer.headers
    assert anonymous.refused("GET", "/auth/me") == UNAUTHORIZED


def test_signing_in_answers_who_one_is(anonymous: Client) -> None:
    name = fresh_name()
    user_id = anonymous.post("/auth/register", username=name, password=PASSWORD)["id"]
    answer = anonymous.ask("POST", "/auth/login", json={"username": name.upper(), "password": PASSWORD})
    assert answer.status_code == 200
    user = answer.json()["user"]
    registered = user.pop("registered")
    (role,) = user.pop("roles")
    assert user == {
        "id": user_id,
        "username": name,
        "slug": name.lower(),
        "profile_image": None,
        "placeholder": None,
        "color": None,
        "image_version": 0,
        "age_verified": False,
        "permissions": ["rate-series"],
        "settings": {},
    }
    assert role["name"] == "Member"
    assert registered.startswith("20")
    assert registered.endswith(("Z", "+00:00"))
    me = anonymous.get("/auth/me")
    assert me["user"] == answer.json()["user"]


def test_the_cookie_is_a_refresh_token_that_scripts_cannot_read(anonymous: Client) -> None:
    name = fresh_name()
    user_id = anonymous.post("/auth/register", username=name, password=PASSWORD)["id"]
    answer = anonymous.ask("POST", "/auth/login", json={"username": name, "password": PASSWORD})
    (cookie,) = SimpleCookie(answer.headers["Set-Cookie"]).values()
    assert cookie.key == "refreshToken"
    assert (cookie["path"], cookie["samesite"], cookie["domain"]) == ("/", "Lax", "")
    assert cookie["httponly"]
    assert int(cookie["max-age"]) == 30 * 24 * 3600
    assert jwt.get_unverified_header(cookie.value)["typ"] == "refresh"
    claims = jwt.decode(cookie.value, options={"verify_signature": False})
    assert (claims["iss"], claims["aud"], claims["sub"]) == ("users", "gateway", str(user_id))
    assert claims["exp"] - claims["iat"] == 30 * 24 * 3600
    access = answer.json()["accessToken"]
    assert jwt.get_unverified_header(access)["typ"] == "access"


def test_an_access_token_is_no_cookie(member: Client) -> None:
    access = member.get("/auth/me")["accessToken"]
    thief = Client(member.gateway)
    thief.session.cookies.set("refreshToken", access)
    assert thief.refused("GET", "/auth/me") == UNAUTHORIZED


def test_logout_counts_from_the_very_next_request(member: Client) -> None:
    cookie = member.session.cookies["refreshToken"]
    answer = member.ask("POST", "/auth/logout")
    assert answer.json() == {"data": "Logged out", "code": 200}
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    assert "refreshToken" not in member.session.cookies
    member.session.cookies.set("refreshToken", cookie)
    for path in ("/auth/me", "/admin-users", f"/user/series-rating/{1}"):
        assert member.refused("GET", path) == UNAUTHORIZED


def test_logout_ends_one_session_of_several(member: Client) -> None:
    elsewhere = Client(member.gateway).sign_in(member.user["username"])
    member.post("/auth/logout")
    assert elsewhere.get("/auth/me")["user"]["id"] == member.user["id"]


def test_a_wrong_password_and_an_unknown_name_get_one_answer(member: Client, anonymous: Client) -> None:
    for name in (member.user["username"], fresh_name(), "a b", "x" * 5000):
        body = {"username": name, "password": "wrong password"}
        assert anonymous.refused("POST", "/auth/login", json=body) == WRONG
    assert "refreshToken" not in anonymous.session.cookies


@pytest.mark.parametrize(
    ("username", "password", "refusal"),
    [
        ("ab", PASSWORD, (422, "Invalid username")),
        ("a" * 32, PASSWORD, (422, "Invalid username")),
        ("with space", PASSWORD, (422, "Invalid username")),
        ("ünïcode", PASSWORD, (422, "Invalid username")),
        ("x" * 100_000, PASSWORD, (422, "Invalid username")),
        ("usable", "1234567", (422, "Invalid password")),
        ("usable", "1" * 256, (422, "Invalid password")),
        ("ab", "short", (422, "Invalid username")),
        (7, PASSWORD, INVALID),
        ("usable", ["1" * 9], INVALID),
        ("usable", "12345678\x00", INVALID),
        ("", PASSWORD, MISSING),
        ("usable", None, MISSING),
    ],
)
def test_what_cannot_be_registered(
    anonymous: Client, username: Any, password: Any, refusal: tuple[int, str]
) -> None:
    body = {"username": username, "password": password}
    assert anonymous.refused("POST", "/auth/register", json=body) == refusal


def test_a_name_is_taken_in_any_case(member: Client, anonymous: Client) -> None:
    for name in (member.user["username"], member.user["username"].upper()):
        body = {"username": name, "password": PASSWORD}
        assert anonymous.refused("POST", "/auth/register", json=body) == (409, "Username already taken")


def test_of_equal_names_at_once_one_is_made(anonymous: Client) -> None:
    name = fresh_name()

    def register(spelling: str) -> int:
        body = {"username": spelling, "password": PASSWORD}
        return Client(anonymous.gateway).ask("POST", "/auth/register", json=body).status_code

    spellings = [name, name.lower(), name.upper(), name.swapcase()]
    assert sorted(at_once([partial(register, spelling) for spelling in spellings])) == [201, 409, 409, 409]


def test_a_deleted_users_cookie_is_401_here_and_404_on_user_routes(member: Client, admin: Client) -> None:
    admin.delete(f"/admin-users/delete/{member.user['id']}")
    assert member.refused("GET", "/auth/me") == UNAUTHORIZED
    assert member.refused("POST", "/auth/logout") == UNAUTHORIZED
    assert member.refused("GET", "/admin-users") == UNAUTHORIZED
    gone = (404, "User not found")
    assert member.refused("GET", "/user/series-rating/1") == gone
    assert member.refused("POST", f"/users/{member.user['id']}/save-settings", json={"a": 1}) == gone


def test_a_deleted_user_who_had_logged_out_is_401_everywhere(member: Client, admin: Client) -> None:
    cookie = member.session.cookies["refreshToken"]
    member.post("/auth/logout")
    admin.delete(f"/admin-users/delete/{member.user['id']}")
    member.session.cookies.set("refreshToken", cookie)
    assert member.refused("GET", "/user/series-rating/1") == UNAUTHORIZED


def test_the_name_of_a_deleted_user_is_free_again(member: Client, admin: Client) -> None:
    admin.delete(f"/admin-users/delete/{member.user['id']}")
    again = Client(member.gateway).register(member.user["username"])
    assert again.user["id"] != member.user["id"]
    assert member.refused("GET", "/auth/me") == UNAUTHORIZED

"""Names, passwords and tokens of accounts."""

from datetime import UTC, datetime

import jwt
import pytest

from shared.errors import Refusal
from users import passwords
from users.rules import cookies
from users.rules.accounts import check_password, check_username

KEY = "k" * 64


@pytest.mark.parametrize("name", ["abc", "A.b-c_9", "...", "a" * 31])
def test_a_usable_name_passes(name: str) -> None:
    check_username(name)


@pytest.mark.parametrize("name", ["ab", "a" * 32, "a b", "abc\n", "naïve", "a/b", "a@b", "日本語", "", "a%b"])
def test_any_other_name_is_refused(name: str) -> None:
    with pytest.raises(Refusal) as refusal:
        check_username(name)
    assert (refusal.value.status, refusal.value.text) == (422, "Invalid username")


@pytest.mark.parametrize("password", ["a" * 8, "a" * 255, "päss wörd"])
def test_a_password_of_8_to_255_characters_passes(password: str) -> None:
    check_password(password)


@pytest.mark.parametrize("password", ["a" * 7, "a" * 256])
def test_a_password_of_another_length_is_refused(password: str) -> None:
    with pytest.raises(Refusal) as refusal:
        check_password(password)
    assert (refusal.value.status, refusal.value.text) == (422, "Invalid password")


def test_a_password_matches_its_digest_alone() -> None:
    stored = passwords.digest("correct horse")
    assert passwords.matches("correct horse", stored)
    assert not passwords.matches("correct horsE", stored)
    assert passwords.digest("correct horse") != stored


def test_digests_have_the_recommended_strength() -> None:
    assert passwords.digest("correct horse").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_nobodys_password_costs_as_much_and_never_matches(monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []

    class Agreeable:
        def verify(self, stored: str, password: str) -> bool:
            verified.append(stored)
            return bool(password)

    monkeypatch.setattr(passwords, "_hasher", Agreeable())
    assert not passwords.matches("anything", None)
    assert [stored.rpartition("$")[0][:31] for stored in verified] == ["$argon2id$v=19$m=19456,t=2,p=1$"]


def test_a_refresh_token_says_what_the_gateway_asks() -> None:
    made = datetime.now(UTC)
    cookie = cookies.Cookie(7, "session", 3, made, made + cookies.SESSION_LIFETIME)
    token = cookies.refresh_token(cookie, key=KEY)
    claims = jwt.decode(token, KEY, algorithms=["HS256"], audience="gateway", issuer="users")
    assert jwt.get_unverified_header(token)["typ"] == "refresh"
    assert (claims["sub"], claims["sid"], claims["gen"]) == ("7", "session", 3)
    assert claims["exp"] - claims["iat"] == 30 * 24 * 3600
    assert cookies.refresh_token(cookie, key=KEY) == token


def test_an_access_token_is_no_refresh_token() -> None:
    token = cookies.access_token(7, "reader", ["rate-series"], key=KEY)
    assert jwt.get_unverified_header(token)["typ"] == "access"
    with pytest.raises(jwt.InvalidAudienceError):
        jwt.decode(token, KEY, algorithms=["HS256"], audience="gateway")
    claims = jwt.decode(token, KEY, algorithms=["HS256"], audience="front-end", issuer="users")
    assert (claims["sub"], claims["username"], claims["permissions"]) == ("7", "reader", ["rate-series"])
    assert claims["exp"] - claims["iat"] == 15 * 60


@pytest.mark.parametrize("secure", [True, False])
def test_the_cookie_is_out_of_scripts_reach(secure: bool) -> None:
    parts = cookies.set_cookie("refreshToken", "token", secure=secure).split("; ")
    assert parts[0] == "refreshToken=token"
    assert {"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=2592000"} <= set(parts)
    assert ("Secure" in parts) is secure
    assert "Domain" not in cookies.set_cookie("refreshToken", "token", secure=secure)

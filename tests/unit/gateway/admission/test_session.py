"""The session cookie: parsing, verification of its token, and its deletion."""

import base64
import json
import time
from typing import Any

import jwt
import pytest
from hypothesis import given, strategies

from gateway.admission.session import SessionClaims, read_token
from gateway.admission.session_cookie import SessionCookie

KEY = "5e" * 32
COOKIE = SessionCookie("refreshToken")
CLAIMS = {"iss": "users", "aud": "gateway", "sub": "7", "sid": "abc"}


def token(key: str = KEY, algorithm: str = "HS256", kind: str | None = "refresh", **changes: Any) -> str:
    claims = CLAIMS | {"exp": int(time.time()) + 60} | changes
    kept = {name: value for name, value in claims.items() if value is not ...}
    return jwt.encode(kept, key, algorithm=algorithm, headers={"typ": kind} if kind else None)


def by_hand(header: dict[str, Any], signature: str = "") -> str:
    parts = (header, CLAIMS | {"exp": int(time.time()) + 60})
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, signature])


def test_the_cookie_that_was_issued_is_read() -> None:
    expires = int(time.time()) + 60
    assert read_token(token(exp=expires), KEY) == SessionClaims(7, "abc", expires)


def test_a_remembered_signature_is_good_for_its_key_and_its_time_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expires = int(time.time()) + 60
    cookie = token(exp=expires)
    for _ in range(2):
        assert read_token(cookie, KEY)
        assert read_token(cookie[:-2] + ("AA" if cookie[-2:] != "AA" else "BB"), KEY) is None
        assert read_token(cookie, "6f" * 32) is None
    monkeypatch.setattr(time, "time", lambda: expires)
    assert read_token(cookie, KEY) is None


@pytest.mark.parametrize(
    "hostile",
    [
        token(key="6f" * 32),
        token(algorithm="HS512"),
        token(kind="JWT"),
        token(kind=None),
        token(kind="identity"),
        token(kind="access"),
        token(iss="gateway"),
        token(iss=...),
        token(aud="users"),
        token(aud=["gateway", "users"]),
        token(aud=...),
        token(exp=int(time.time()) - 1),
        token(exp=...),
        token(exp="never"),
        token(sid=...),
        token(sid=7),
        token(sid="a\x00b"),
        token(sub=...),
        token(sub="0"),
        token(sub="-7"),
        token(sub="7 "),
        token(sub="seven"),
        token(nbf=int(time.time()) + 600),
        by_hand({"alg": "none", "typ": "refresh"}),
        by_hand({"alg": "HS256", "typ": "refresh"}),
        by_hand({"alg": "HS256", "typ": "refresh", "crit": ["x"]}, "AAAA"),
        by_hand({"alg": "RS256", "typ": "refresh", "jku": "http://evil"}, "AAAA"),
        by_hand({"typ": "refresh"}),
        "",
        ".",
        "..",
        "a.b.c",
        "é",
        "A" * 5000,
    ],
)
def test_any_other_token_is_nobodys(hostile: str) -> None:
    assert read_token(hostile, KEY) is None


@given(strategies.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    assert read_token(text, KEY) is None


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", None),
        ("refreshToken=a", "a"),
        ("theme=dark; refreshToken=a; x=y", "a"),
        ('refreshToken="a"', "a"),
        ("refreshtoken=a", None),
        ("xrefreshToken=a", None),
        ("refreshToken", None),
        ("x=refreshToken=a", None),
        ("refreshToken=", ""),
    ],
)
def test_one_cookie_is_read(header: str, expected: str | None) -> None:
    assert COOKIE.read(header) == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    "header",
    [
        "refreshToken=a; refreshToken=b",
        "refreshToken=a; refreshToken=a",
        "refreshToken=a;refreshToken=",
        "refreshToken=a,refreshToken=b",
        'refreshToken=a; "refreshToken"=b',
        "refreshToken=a;\xa0refreshToken=b",
        "refreshToken=a; refreshToken =b",
        "refreshToken=a;\trefreshToken\t=b",
    ],
)
def test_two_cookies_are_seen(header: str) -> None:
    assert len(COOKIE.read(header)) == 2


def test_the_refusal_names_the_cookie() -> None:
    assert SessionCookie("__Host-session").duplicate_refusal.document() == {
        "data": "Invalid parameters",
        "code": 400,
        "errors": {"__Host-session": "must be sent once"},
    }


def test_a_browser_forgets_every_cookie_of_that_name_that_it_may_have_sent() -> None:
    forgotten = COOKIE.deletion_headers("Bunko.example.org:8000", "/auth", "/auth/me")
    assert forgotten[0] == "refreshToken=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"
    where = {
        each.removeprefix("refreshToken=; Max-Age=0; ").removesuffix("; HttpOnly; SameSite=Lax")
        for each in forgotten
    }
    domains = ("", "; Domain=bunko.example.org", "; Domain=example.org")
    paths = ("/", "/auth", "/auth/", "/auth/me")
    assert where == {f"Path={path}{domain}" for path in paths for domain in domains}


@pytest.mark.parametrize(
    "host", ["", "localhost", "127.0.0.1:8000", "[::1]:8000", "x;y.org", "a" * 60 + ".org", "-", "a..b"]
)
def test_other_hosts_have_no_domain_to_forget_it_for(host: str) -> None:
    assert not any("Domain" in each for each in COOKIE.deletion_headers(host, "/auth", "/auth/me"))


def test_what_is_to_be_forgotten_is_bounded() -> None:
    host, path = ".".join("abcdefghijklmnopqrst") + ".org", "/auth/" + "x" * 2000
    forgotten = COOKIE.deletion_headers(host, "/admin-volumes/original-image", path + "; Domain=x")
    assert sum(map(len, forgotten)) < 3000
    assert not any("Domain=x" in each for each in forgotten)


def test_a_cookie_of_this_host_alone_is_forgotten_as_browsers_demand() -> None:
    expected = ["__Host-refreshToken=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure"]
    assert (
        SessionCookie("__Host-refreshToken").deletion_headers("bunko.example.org", "/auth", "/auth/me")
        == expected
    )

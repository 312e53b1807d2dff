"""Forged tokens and headers are refused by the gateway and by each service, and cause no error."""

import http.client
import json
import socket
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from deploy.stack.stack import Stack
from shared.identity import tokens
from tests.support.client import Client
from tests.support.hostile_headers import Headers, headers_with
from tests.support.hostile_tokens import changed, key_of, matrix, parts_of
from tests.support.internal_client import Program

ENOUGH, ENOUGH_ALIASES = 300, 64
REFUSED = {400, 401, 431}
"""Statuses of a refused request: not signed in, or not a valid request."""
GUARDED = {
    "catalog": ("GET", "/admin-series/id/1"),
    "media": ("GET", "/media"),
    "users": ("GET", "/admin-users"),
    "file-1": ("DELETE", "/admin-users/delete-image/1"),
}
"""Program -> a route of its own that needs a login or more."""
PERMISSIONS = "view-series view-media view-users edit-users"

_UNUSABLE: dict[str, tuple[Any, ...]] = {
    "state": (None, "", "admin", "USER", [], {}, 1, True),
    "perms": (None, 5, "view-media", {"a": 1}, [1], [None], [["a"]]),
    "name": (None, 5, [], {}),
    "adr": (None, 5, [], {}),
    "m": (None, 1, {}),
    "p": (None, 1, {}),
}
"""Claim of an identity token -> values that Bunko never writes."""


class Line:
    """A kept-open connection to one program that sends headers exactly as given."""

    def __init__(self, address: str) -> None:
        self._place = urlsplit(address)
        self._connection: socket.socket | None = None

    def status(self, method: str, path: str, headers: Headers) -> int:
        """Return the status of the response; a refusal must have the documented shape."""
        lines = [
            f"{method} {path} HTTP/1.1",
            "Host: x",
            *(f"{name}: {value}" for name, value in headers),
            "",
            "",
        ]
        if self._connection is None:
            self._connection = socket.create_connection((self._place.hostname, self._place.port), timeout=30)
        self._connection.sendall("\r\n".join(lines).encode("latin-1"))
        with http.client.HTTPResponse(self._connection) as answer:
            answer.begin()
            body = answer.read()
            if answer.will_close:
                self._connection.close()
                self._connection = None
            if answer.status >= 400 and b"{" in body:
                assert json.loads(body)["code"] == answer.status
            return answer.status


@pytest.fixture(scope="module")
def secrets_(stack: Stack) -> list[str]:
    """Every key that any program holds."""
    programs = ("gateway", "users", *GUARDED)
    return sorted(
        {key for name in programs for value in stack.settings(name).values() for key in _texts(value)}
    )


def _texts(setting: str) -> Iterator[str]:
    """Yield the texts in a setting: the setting itself, or the texts in its JSON."""
    try:
        value = json.loads(setting)
    except ValueError:
        value = setting
    pending = [value]
    while pending:
        part = pending.pop()
        if isinstance(part, str):
            yield from part.split(",")
        elif isinstance(part, dict | list):
            pending += part.values() if isinstance(part, dict) else part


@pytest.fixture(params=GUARDED)
def program(request: pytest.FixtureRequest, stack: Stack) -> Program:
    """Each service in turn, called directly and not through the gateway."""
    name = "files" if request.param == "file-1" else request.param
    keys = json.loads(stack.settings(request.param)["TOKEN_KEYS"])
    return Program(name, stack.service_url(request.param), keys)


def _route(program: Program) -> tuple[str, str]:
    return GUARDED["file-1" if program.name == "files" else program.name]


def _token(program: Program, route: tuple[str, str] | None = None) -> str:
    """Return a valid token for a route of the program."""
    return program.called_by("gateway", PERMISSIONS).token(*(route or _route(program)))


def test_hostile_tokens_open_no_service(program: Program, secrets_: list[str], member: Client) -> None:
    good = _token(program)
    key = key_of(good, secrets_)
    cookie = member.session.cookies["refreshToken"]
    hostile = matrix(good, key, [other for other in secrets_ if other != key]) | _misplaced(
        program, key, good
    )
    hostile |= {"a cookie": cookie, "an access token": member.get("/auth/me")["accessToken"]}
    assert len(hostile) >= ENOUGH
    line = Line(program.url)
    assert line.status(*_route(program), [(tokens.HEADER, _token(program))]) in {200, 404}
    answers = {
        wrong: line.status(*_route(program), [(tokens.HEADER, token)]) for wrong, token in hostile.items()
    }
    assert {wrong: status for wrong, status in answers.items() if status not in REFUSED} == {}


def _misplaced(program: Program, key: str, good: str) -> dict[str, str]:
    """Return valid tokens of the gateway for another request, another service or another time."""
    now = int(time.time())
    method, path = _route(program)
    other = {
        "another method": _token(program, ("PUT", path)),
        "method in lower case": _token(program, (method.lower(), path)),
        **{
            f"path {wrong}": _token(program, (method, wrong))
            for wrong in (path + "/", path + "?a=1", "/", "", "/x")
        },
    }
    claims = parts_of(good)[1]
    changes: list[dict[str, Any]] = [
        {"exp": now + 3600},
        {"exp": now + 10**9},
        {"exp": 10**400},
        {"iat": now - 30, "exp": now - tokens.LEEWAY - 2},
        {"iat": now + tokens.LEEWAY + 60, "exp": now + tokens.LEEWAY + 70},
        *({claim: value} for claim, values in _UNUSABLE.items() for value in values),
        {"m": [method]},
        {"p": [path]},
        *({"aud": service} for service in ("catalog", "media", "users", "files") if service != program.name),
        *({name: ...} for name in claims.keys() - {"gen"}),  # older programs do not write it
    ]
    return other | {f"claims {change!r:.60}": changed(good, key, **change) for change in changes}


def test_clocks_may_differ_by_the_leeway_and_no_more(program: Program, secrets_: list[str]) -> None:
    good = _token(program)
    key, now, line = key_of(good, secrets_), int(time.time()), Line(program.url)

    def status(**changes: Any) -> int:
        return line.status(*_route(program), [(tokens.HEADER, changed(good, key, **changes))])

    assert status(iat=now - 15, exp=now - 1) in {200, 404}
    assert status(iat=now + 3, exp=now + 18) in {200, 404}
    assert status(iat=now - 30, exp=now - tokens.LEEWAY - 1) == 401


def test_hostile_cookies_are_nobodys(
    stack: Stack, secrets_: list[str], member: Client, catalog: Program
) -> None:
    good = member.session.cookies["refreshToken"]
    key = key_of(good, secrets_)
    hostile = matrix(good, key, [other for other in secrets_ if other != key])
    hostile |= {
        "an access token": member.get("/auth/me")["accessToken"],
        "an identity token": _token(catalog),
        "exp just past": changed(good, key, exp=int(time.time()) - 1),
        "sid of nobody": changed(good, key, sid="0" * 32),
        "another's session": changed(good, key, sub=str(member.user["id"] + 1)),
    }
    assert len(hostile) >= ENOUGH
    line = Line(stack.address)
    assert line.status("GET", "/auth/me", [("Cookie", f"refreshToken={good}")]) == 200
    answers = {
        wrong: line.status("GET", "/auth/me", [("Cookie", f"refreshToken={token}")])
        for wrong, token in hostile.items()
    }
    assert {wrong: status for wrong, status in answers.items() if status not in REFUSED} == {}


def test_no_other_header_opens_a_service(program: Program) -> None:
    headers = headers_with(_token(program))
    assert len(headers) >= ENOUGH_ALIASES
    answers = {name: Line(program.url).status(*_route(program), lines) for name, lines in headers.items()}
    assert {name: status for name, status in answers.items() if status not in REFUSED} == {}


def test_no_header_of_a_client_makes_it_somebody(stack: Stack, program: Program) -> None:
    token = _token(program)
    headers = headers_with(token) | {
        name: [(name, token)] for name in (tokens.HEADER, tokens.HEADER.lower(), tokens.HEADER.upper())
    }
    answers = {name: Line(stack.address).status(*_route(program), lines) for name, lines in headers.items()}
    assert Counter(status for status in answers.values() if status not in REFUSED) == {}, answers

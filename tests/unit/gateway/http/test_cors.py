"""CSRF checks by origin, and CORS headers."""

import itertools

import pytest

from gateway.http.cors import Origins, from_environment
from shared.settings import Unusable

OURS = "https://front.example"
ORIGINS = Origins(frozenset({OURS}))
HOST = "bunko.example:8000"

SITES = {"": None, "same-origin": True, "none": True, "same-site": False, "cross-site": False, "odd": False}
"""``Sec-Fetch-Site`` -> whether it alone allows a change; None where ``Origin`` decides."""
SENDERS = {
    "": None,
    OURS: True,
    "http://bunko.example:8000": True,
    "https://bunko.example:8000": True,
    "http://bunko.example": False,
    "https://evil.example": False,
    "http://evil.bunko.example:8000": False,
    "null": False,
}


@pytest.mark.parametrize(("site", "origin"), [*itertools.product(SITES, SENDERS)])
@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT", "PATCH", "TRACE", "ANYTHING"])
def test_changes_come_from_pages_of_ours_or_from_no_browser(method: str, site: str, origin: str) -> None:
    expected = origin == OURS or (SITES[site] if site else SENDERS[origin]) is not False
    assert ORIGINS.forbids(method, site=site, origin=origin, host=HOST) is not expected


@pytest.mark.parametrize(("site", "origin"), [*itertools.product(SITES, SENDERS)])
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_reading_is_free(method: str, site: str, origin: str) -> None:
    assert not ORIGINS.forbids(method, site=site, origin=origin, host=HOST)


def test_without_a_host_no_origin_is_our_own() -> None:
    assert ORIGINS.forbids("POST", site="", origin="http://", host="")


def test_only_origins_of_ours_may_read_with_credentials() -> None:
    told = ORIGINS.response_headers(OURS)
    assert told["Access-Control-Allow-Origin"] == OURS
    assert told["Access-Control-Allow-Credentials"] == "true"
    assert told["Vary"] == "Origin"
    for other in ("https://evil.example", "null", "", "*", "https://front.example.evil"):
        assert ORIGINS.response_headers(other) == {"Vary": "Origin"}
    assert Origins(frozenset()).response_headers(OURS) == {}


def test_origins_are_configured_as_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_ORIGINS", " https://A.example/ ,http://localhost:3000, ")
    assert from_environment().allowed == {"https://a.example", "http://localhost:3000"}
    monkeypatch.setenv("ALLOWED_ORIGINS", "")
    assert from_environment().allowed == frozenset()


@pytest.mark.parametrize(
    "text", ["*", "null", "example.org", "https://", "https://a.example/path", "ftp://a.example"]
)
def test_what_is_no_origin_ends_the_program(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_ORIGINS", text)
    with pytest.raises(Unusable):
        from_environment()

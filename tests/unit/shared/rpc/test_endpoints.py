"""The endpoints of a program's nodes, from a setting."""

import json

import pytest

from shared.rpc import dns_discovery, endpoints
from shared.rpc.endpoints import Endpoints

ADDRESSES = ["10.0.0.2", "10.0.0.1"]


@pytest.fixture(autouse=True)
def _resolver(monkeypatch: pytest.MonkeyPatch) -> None:
    """A resolver that knows one name."""

    def lookup(name: str, _port: int) -> list[str]:
        if name != "catalog-service":
            raise OSError("no such name")
        return ADDRESSES

    monkeypatch.setattr(dns_discovery, "resolve", lookup)


def known(text: str) -> tuple[str, ...]:
    found = Endpoints(text)
    found.start()
    return found.urls()


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("http://10.0.0.7:8000", ("http://10.0.0.7:8000",)),
        (" http://10.0.0.7:8000/ , http://[fd00::1]:80,", ("http://10.0.0.7:8000", "http://[fd00::1]:80")),
        ("http://localhost:8000", ("http://localhost:8000",)),
        ("http://catalog-service:8000", ("http://10.0.0.1:8000", "http://10.0.0.2:8000")),
        ("http://catalog-service", ("http://10.0.0.1:80", "http://10.0.0.2:80")),
        ("http://10.0.0.1:8,http://catalog-service:8", ("http://10.0.0.1:8", "http://10.0.0.2:8")),
    ],
)
def test_a_name_stands_for_all_its_addresses(text: str, urls: tuple[str, ...]) -> None:
    assert known(text) == urls


def test_a_name_that_nobody_knows_yet_stands_for_itself() -> None:
    assert known("http://media-service:8000") == ("http://media-service:8000",)


@pytest.mark.parametrize(
    "text",
    ["", " , ", "catalog:8000", "https://catalog:8000", "http://:8000", "http://a:8000/x", "http://a:b"],
)
def test_what_is_no_address_keeps_the_program_from_starting(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # urlsplit's own, too
        Endpoints(text)
    monkeypatch.setenv("UPSTREAMS", json.dumps({"catalog": text}))
    with pytest.raises(SystemExit):
        endpoints.from_environment()

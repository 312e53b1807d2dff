"""A request goes to the program of its path's prefix, whatever its headers name."""

from collections.abc import Iterator

import pytest

from tests.support.client import Client
from tests.support.gateway_harness import GatewayHarness, HarnessFactory, PlayedService

HERE = "GET /volumes/1 HTTP/1.1"
NAMES = ("evil.example", "169.254.169.254", "metadata", "[::1]:80", "", "*", "a b", "..", "x" * 1000)


@pytest.fixture(scope="module")
def patient(opening: HarnessFactory) -> GatewayHarness:
    """A gateway with the default timeout for services."""
    return opening.open()


@pytest.fixture
def door(patient: GatewayHarness) -> GatewayHarness:
    """The same gateway; earlier requests and responders are cleared."""
    for program in patient.services.values():
        program.requests.clear()
    return patient


@pytest.fixture(scope="module")
def decoy(opening: HarnessFactory) -> PlayedService:
    """Another listening server on this machine."""
    return opening.play()


@pytest.fixture
def hosts(door: GatewayHarness, decoy: PlayedService) -> Iterator[list[str]]:
    """Hosts that must receive no request; checked at the end."""
    decoy.requests.clear()
    ports = [decoy.server_port, door["users"].server_port, door.port]
    places = [f"{name}:{port}" for name in ("127.0.0.1", "localhost") for port in ports]
    yield [*places, *NAMES, *(f"{odd}{places[0]}" for odd in ("x@", "x:80@", "x,"))]
    assert decoy.requests == []
    assert door["users"].requests == []


def status(door: GatewayHarness, *lines: str) -> int:
    """Send a request for a catalogue path; return the status, checking that success came from the catalogue."""
    catalog = door["catalog"]
    catalog.requests.clear()
    answer = door.raw("\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1"))
    answered = int(answer.split(b" ")[1])
    hosts = [asked.header("Host") for asked in catalog.requests]
    assert hosts == ([f"127.0.0.1:{catalog.server_port}"] if answered == 200 else []), (lines, hosts)
    return answered


def test_a_host_leads_nowhere_else(door: GatewayHarness, hosts: list[str]) -> None:
    assert {status(door, HERE, f"Host: {host}") for host in hosts} <= {200, 400}
    assert status(door, HERE, "Host: evil.example") == 200


@pytest.mark.parametrize(
    "header",
    ["X-Forwarded-Host", "X-Forwarded-Server", "X-Host", "Forwarded", "X-Original-URL", "X-Rewrite-URL"],
)
def test_no_other_header_leads_elsewhere(door: GatewayHarness, hosts: list[str], header: str) -> None:
    for value in (form.format(host) for host in hosts for form in ("{}", "http://{}/volumes/1", "host={}")):
        assert status(door, HERE, "Host: x", f"{header}: {value}") == 200


def test_two_hosts_or_none_are_refused(door: GatewayHarness, hosts: list[str]) -> None:
    for host in hosts:
        for pair in ((host, "x"), ("x", host)):
            assert status(door, HERE, *(f"Host: {one}" for one in pair)) == 400, pair


@pytest.mark.parametrize("form", ["http://{}/volumes/1", "//{}/volumes/1", "{}/volumes/1", "http://{}", "{}"])
@pytest.mark.parametrize("method", ["GET", "OPTIONS", "CONNECT"])
def test_an_address_in_the_place_of_a_path_is_refused(
    door: GatewayHarness, hosts: list[str], method: str, form: str
) -> None:
    for host in filter(None, hosts):
        assert 400 <= status(door, f"{method} {form.format(host)} HTTP/1.1", "Host: x") < 500, host


def test_a_page_under_a_name_of_its_own_acts_for_nobody(
    door: GatewayHarness, cookie: dict[str, str], member: Client
) -> None:
    """A foreign DNS name may point here (DNS rebinding); its pages are same-origin, but have no cookie."""
    own = {"Host": "evil.example", "Origin": "http://evil.example"}
    assert door.ask("POST", "/auth/logout", headers=own).status_code == 200
    assert door["users"].requests.pop().identity("users").state == "anonymous"
    for origin in ("http://evil.example:81", "http://bunko.example", "null"):
        answer = door.ask("POST", "/auth/logout", headers=own | {"Origin": origin}, cookies=cookie)
        assert answer.status_code == 403
    assert all(not kept.domain_specified for kept in member.session.cookies)

"""Identity tokens captured behind the gateway, and sent with every other request."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from catalog.app import PAGES as CATALOG
from deploy.stack.stack import Stack
from files.app import PAGES as FILES
from media.app import PAGES as MEDIA
from shared.identity import tokens
from shared.web.routes import Api
from tests.support.client import Client
from tests.support.gateway_harness import PlayedService
from tests.support.programs import program
from users.app import PAGES as USERS

PAGES: Mapping[str, tuple[Api, ...]] = {"catalog": CATALOG, "media": MEDIA, "users": USERS, "files": FILES}
CAUGHT = {
    "catalog": ("GET", "/admin-series/id/1"),
    "media": ("GET", "/media"),
    "users": ("GET", "/admin-users"),
    "files": ("GET", "/admin-volumes/original-image/1/front"),
}
"""Program -> a request to it that needs a permission and changes nothing."""
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Tapped:
    """A gateway with the keys of the stack, in front of programs that only record."""

    address: str
    played: Mapping[str, PlayedService]

    def token(self, service: str, by: Client) -> str:
        """Capture the token of a client's request to ``service``."""
        method, path = CAUGHT[service]
        cookies = {"refreshToken": by.session.cookies["refreshToken"]}
        requests.request(method, self.address + path, cookies=cookies, timeout=30)
        return str(self.played[service].requests.pop().header(tokens.HEADER))


@pytest.fixture(scope="module")
def tapped(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tapped]:
    with ExitStack() as held:
        played = {service: PlayedService() for service in PAGES}
        for listening in played.values():
            held.callback(listening.stop)
        nodes: Path = tmp_path_factory.mktemp("tapped") / "nodes"
        nodes.write_text(played["files"].url + "\n")
        upstreams = json.dumps({service: played[service].url for service in ("catalog", "media", "users")})
        address = held.enter_context(
            program(stack, "gateway", UPSTREAMS=upstreams, FILE_NODES_FILE=str(nodes), STATUS_SECONDS="3600")
        )
        yield Tapped(address, played)


@pytest.mark.parametrize("service", PAGES)
def test_a_captured_token_is_good_for_its_own_request_and_no_other(
    stack: Stack, tapped: Tapped, admin: Client, service: str
) -> None:
    token = tapped.token(service, admin)
    with requests.Session() as session:
        session.headers[tokens.HEADER] = token

        def status(asked: str, method: str, path: str) -> int:
            url = stack.service_url("file-1" if asked == "files" else asked) + path
            return session.request(method, url, timeout=30).status_code

        assert status(service, *CAUGHT[service]) in {200, 404}
        elsewhere = {
            (asked, *request): status(asked, *request)
            for asked, request in _requests()
            if (asked, request) != (service, CAUGHT[service])
        }
        otherwise = {method: status(service, method, CAUGHT[service][1]) for method in METHODS[1:]}
    assert len(elsewhere) > 90
    assert {request: answer for request, answer in elsewhere.items() if answer != 401} == {}
    assert otherwise.pop("HEAD") == 401
    assert set(otherwise.values()) <= {401, 405}


def _requests() -> Iterator[tuple[str, tuple[str, str]]]:
    """Return every route of every program, except those that other programs refuse anyway."""
    for service, pages in PAGES.items():
        for route in (route for page in pages for route in page.routes if route.function):
            path = re.sub(r"<type>", "front", route.full_path)
            yield service, (route.method, re.sub(r"<\w+>", "1", path))

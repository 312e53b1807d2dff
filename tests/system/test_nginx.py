"""The example configuration of nginx, as a real nginx reads it: pictures from the folder, the rest from the gateway."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import psutil
import pytest

from deploy.running.stack import Stack
from tests.catalogue import Catalogue
from tests.client import Client
from tests.nginx import NGINX, nginx_before
from tests.pictures import base64_of, quarters
from tests.processes import spooled
from tests.runner import eventually

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed: apt-get install nginx-light")
SAME = (
    "Content-Type",
    "Content-Length",
    "Cache-Control",
    "X-Content-Type-Options",
    "Content-Security-Policy",
)


@pytest.fixture(scope="module")
def nginx(stack: Stack) -> Iterator[Client]:
    """A client of an nginx before the running system."""
    with nginx_before(stack) as address:
        yield Client(address)


@pytest.fixture(scope="module")
def path(admin: Client) -> str:
    """Where a cover is stored."""
    catalogue = Catalogue(admin)
    volume = catalogue.volume(catalogue.group(catalogue.series()))
    admin.post(f"/admin-volumes/update-image/{volume}/front", image=base64_of(quarters()))
    return f"/files/{catalogue.get_volume(volume)['cover_path']}"


def test_a_stored_picture_is_what_the_gateway_would_serve(
    nginx: Client, anonymous: Client, path: str, stack: Stack
) -> None:
    for name in (path, path.replace("high", "scaled")):
        direct = nginx.ask("GET", name)
        assert name not in "".join(stack.log.tail("file-1")), "nginx asked for what it has"
        passed_on = anonymous.ask("GET", name)
        assert direct.status_code == passed_on.status_code == 200
        assert direct.content == passed_on.content
        assert {header: direct.headers[header] for header in SAME} == {
            header: passed_on.headers[header] for header in SAME
        }
        assert direct.headers["Accept-Ranges"] == "bytes"


def test_it_is_conditional_and_in_ranges(nginx: Client, path: str) -> None:
    whole = nginx.ask("GET", path)
    tag = whole.headers["ETag"]
    assert tag.startswith('"')
    again = nginx.ask("GET", path, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert "immutable" in again.headers["Cache-Control"]
    part = nginx.ask("GET", path, headers={"Range": "bytes=3-9"})
    assert (part.status_code, part.content) == (206, whole.content[3:10])
    assert nginx.ask("HEAD", path).headers["Content-Length"] == str(len(whole.content))


@pytest.mark.parametrize(
    "hidden",
    ["{key}/cut.json", "{key}/original.png", "{key}/", "", "..%2f{key}%2fcut.json", "{key}/high.avif"],
)
def test_nothing_else_in_the_folder_is_served(nginx: Client, path: str, hidden: str) -> None:
    key = path.split("/")[2]
    answer = nginx.ask("GET", "/files/" + hidden.format(key=key))
    assert answer.status_code in (400, 404)
    assert answer.json()["code"] == answer.status_code


def test_a_body_waits_in_the_gateway_alone(nginx: Client, stack: Stack, admin: Client) -> None:
    """It is bounded there, and nowhere else."""
    place = urlsplit(nginx.gateway)
    gateway = stack.pids["gateway"]
    assert gateway is not None
    with socket.create_connection((place.hostname, place.port), timeout=30) as connection:
        head = f"POST /media/add HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Type: application/json\r\n"
        head += f"Cookie: refreshToken={admin.session.cookies['refreshToken']}\r\n"
        connection.sendall(f"{head}Content-Length: 8000000\r\n\r\n".encode() + b"x" * 7_999_999)
        eventually(lambda: spooled(psutil.Process(gateway)) > 7_900_000)
        servers = [process for process in psutil.Process().children() if process.name() == "nginx"]
        assert len(servers) == 1
        assert spooled(servers[0]) == 0
        connection.sendall(b"x")
        assert connection.recv(4096).startswith(b"HTTP/1.1 400 ")


def test_the_gateways_refusal_of_a_large_body_is_passed_on(nginx: Client) -> None:
    """Also to who sends all of it first."""
    assert nginx.refused("POST", "/media/add", data=b"x" * 30_000_000)[0] == 401


def test_everything_else_is_the_gateways(nginx: Client, path: str) -> None:
    assert nginx.refused("GET", "/admin-volumes") == (401, "Unauthorized")
    assert nginx.refused("GET", f"/files/{'0' * 32}/high.webp") == (404, "Not found")
    assert nginx.refused("POST", path) == (405, "Method not allowed")
    assert nginx.register("behind-nginx").get("/auth/me")["user"]["username"] == "behind-nginx"

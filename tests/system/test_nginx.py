"""The example configuration in a real nginx: pictures from the folder, the rest from the gateway."""

import contextlib
import json
import re
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

import psutil
import pytest

from deploy.installation.configuration import ROOT
from deploy.stack.stack import Stack
from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.errors import UNAUTHORIZED
from tests.support.gateway_harness import received
from tests.support.nginx import MISSING, NGINX, free_port, nginx_before
from tests.support.pictures import base64_of, quarters
from tests.support.processes import spooled
from tests.support.waiting import wait_until

pytestmark = pytest.mark.skipif(NGINX is None, reason=MISSING)
LIMIT = 40
"""Connections of one address, in place of the shipped 1000."""
SAME = (
    "Content-Type",
    "Content-Length",
    "Cache-Control",
    "X-Content-Type-Options",
    "Content-Security-Policy",
)


@pytest.fixture(scope="module")
def secure() -> int:
    """The port on which nginx speaks HTTPS."""
    return free_port()


@pytest.fixture(scope="module")
def nginx(stack: Stack, secure: int) -> Iterator[Client]:
    """A client of an nginx in front of the running system."""
    with nginx_before(stack, secure_port=secure, connections=LIMIT) as address:
        yield Client(address)


@pytest.fixture(scope="module")
def path(admin: Client) -> str:
    """Return the storage path of a cover."""
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
    """nginx limits it, and no other program does."""
    place = urlsplit(nginx.gateway)
    gateway = stack.pids["gateway"]
    assert gateway is not None
    with socket.create_connection((place.hostname, place.port), timeout=30) as connection:
        head = f"POST /media/add HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Type: application/json\r\n"
        head += f"Cookie: refreshToken={admin.session.cookies['refreshToken']}\r\n"
        connection.sendall(f"{head}Content-Length: 8000000\r\n\r\n".encode() + b"x" * 7_999_999)
        wait_until(lambda: spooled(psutil.Process(gateway)) > 7_900_000)
        servers = [process for process in psutil.Process().children() if process.name() == "nginx"]
        assert len(servers) == 1
        assert spooled(servers[0]) == 0
        connection.sendall(b"x")
        assert connection.recv(4096).startswith(b"HTTP/1.1 400 ")


def test_the_gateways_refusal_of_a_large_body_is_passed_on(nginx: Client) -> None:
    """Also to a client that sends all of it first."""
    assert nginx.refused("POST", "/media/add", data=b"x" * 30_000_000)[0] == 401


def test_everything_else_is_the_gateways(nginx: Client, path: str) -> None:
    assert nginx.refused("GET", "/admin-volumes") == UNAUTHORIZED
    assert nginx.refused("GET", f"/files/{'0' * 32}/high.webp") == (404, "Not found")
    assert nginx.refused("POST", path) == (405, "Method not allowed")
    assert nginx.register("behind-nginx").get("/auth/me")["user"]["username"] == "behind-nginx"


def https(port: int, request: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send raw bytes over TLS and return status, headers and body of the answer."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=30)) as connection:
        connection.sendall(request)
        head, _, body = received(connection).partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    fields = dict(line.split(": ", 1) for line in lines[1:])
    return int(lines[0].split(" ")[1]), {name.lower(): value for name, value in fields.items()}, body


@pytest.mark.parametrize(
    ("request_line", "lines", "status"),
    [
        ("GET {path}", "", 200),
        ("GET {path}", "Range: bytes=999999999-", 416),
        ("POST {path}", "Content-Length: 0", 405),
        ("GET /health/live", "", 200),
        ("GET /nothing", "", 404),
        ("GET /files/nothing", "", 404),
        ("GET /nginx-refused", "", 404),
        ("POST /media/add", "Content-Length: 99999999", 413),
        ("GET /" + "x" * 9000, "", 414),
        ("GET /", "X: " + "y" * 9000, 431),
        ("GET /", "\r\n".join(["X: " + "y" * 8000] * 5), 431),
        ("GET", "", 400),
        ("GET /health/live", "Content-Length: x", 400),
    ],
)
@pytest.mark.usefixtures("nginx")
def test_every_answer_over_https_keeps_browsers_on_it(
    secure: int, path: str, request_line: str, lines: str, status: int
) -> None:
    """Also for nginx's own refusals, in the gateway's shape; none names a version or another server."""
    protocol = " HTTP/1.1" if " " in request_line else ""
    head = request_line.format(path=path) + f"{protocol}\r\nHost: x\r\nConnection: close\r\n{lines}\r\n\r\n"
    answered, fields, body = https(secure, head.replace("\r\n\r\n\r\n", "\r\n\r\n").encode())
    assert (answered, fields["strict-transport-security"]) == (status, "max-age=31536000")
    assert fields["server"] == "nginx"
    if status >= 400 and status != 416:
        document = json.loads(body)
        assert document["code"] == status
        assert document["data"]
        assert fields["x-content-type-options"] == "nosniff"


def test_plain_http_promises_no_https(nginx: Client, path: str) -> None:
    for name in (path, "/health/live", "/nothing"):
        assert "Strict-Transport-Security" not in nginx.ask("GET", name).headers


def test_one_address_has_so_many_requests_at_once(nginx: Client) -> None:
    """Other clients are answered meanwhile, and this one once some have ended."""
    place = urlsplit(nginx.gateway)
    usual = b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    slow = (
        b"POST /media/add HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n"
    )

    def connection(source: str) -> socket.socket:
        return socket.create_connection((place.hostname, place.port), timeout=30, source_address=(source, 0))

    with contextlib.ExitStack() as held:
        for _ in range(LIMIT):
            held.enter_context(opened := connection("127.0.0.7"))
            opened.sendall(slow)

        def answer(source: str) -> bytes:
            with connection(source) as asked:
                asked.sendall(usual)
                return received(asked)

        wait_until(lambda: answer("127.0.0.7").startswith(b"HTTP/1.1 429 "))
        assert answer("127.0.0.7").endswith(b'{"data": "Too many requests.", "code": 429}')
        assert answer("127.0.0.8").startswith(b"HTTP/1.1 200 ")
    wait_until(lambda: answer("127.0.0.7").startswith(b"HTTP/1.1 200 "))


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2"),
        ("2001:db8:1:2::6", "2001:db8:1:2"),
        ("2001:db8::6", "2001:db8"),
        ("2001:db8:0:1::", "2001:db8:0:1"),
        ("fe80::1", "fe80"),
        ("203.0.113.7", None),
        ("::ffff:203.0.113.7", None),
        ("::1", None),
    ],
)
def test_nginx_counts_an_address_of_ipv6_by_what_its_provider_assigns(
    address: str, counted: str | None
) -> None:
    written = (ROOT / "deploy" / "manifests" / "nginx" / "http.conf").read_text(encoding="utf-8")
    pattern = re.findall(r'"~(\^\(\?<bunko_network>.*)" \$bunko_network;', written)[0]
    found = re.search(pattern.replace("?<", "?P<"), address)
    assert (found["bunko_network"] if found else None) == counted

"""Gateway and service see the same path, or the request is refused."""

from urllib.parse import quote

import pytest

from tests.support.client import Client
from tests.support.gateway_harness import GatewayHarness, answered

REFUSED = [
    "/volumes/../admin/lock",
    "/volumes/./x",
    "/volumes/%2e%2e/admin/lock",
    "/volumes/%2E./x",
    "/volumes%2fcover/1/front",
    "/volumes/a%2Fb",
    "/volumes\\cover",
    "/volumes/%5c",
    "/volumes/%00",
    "/volumes/x%0aSet-Cookie:y",
    "/volumes/%ff",
    "/volumes/%c0%ae%c0%ae/x",
    "/volumes#x",
    "http://127.0.0.1/volumes/1",
    "volumes",
]


def get(door: GatewayHarness, target: str, method: str = "GET") -> bytes:
    request = f"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    return door.raw(request.encode())


@pytest.mark.parametrize("target", REFUSED)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_tricks_are_a_400_and_reach_nobody(door: GatewayHarness, method: str, target: str) -> None:
    assert answered(get(door, target, method))[0] == 400
    assert [program.requests for program in door.services.values()] == [[], [], []]


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        ("/volumes/1", "/volumes/1"),
        ("/volumes/1/", "/volumes/1/"),
        ("/%76olumes/%31", "/volumes/1"),
        ("/volumes/slug/鬼滅", "/volumes/slug/" + quote("鬼滅")),
        ("/volumes/slug/%e9%ac%bc", "/volumes/slug/%E9%AC%BC"),
        ("/volumes//x", "/volumes//x"),
        ("/volumes/%252e%252e/x", "/volumes/%252e%252e/x"),
        ("/volumes/a%20b%3fc", "/volumes/a%20b%3Fc"),
        ("/volumes/%zz", "/volumes/%25zz"),
        ("/volumes/x?search=100%&b=%c3%a4&c=[1]", "/volumes/x?search=100%25&b=%C3%A4&c=%5B1%5D"),
        ("/volumes/x?a=/../b", "/volumes/x?a=/../b"),
    ],
)
def test_a_path_arrives_as_it_was_signed(door: GatewayHarness, sent: str, seen: str) -> None:
    get(door, sent)
    asked = door["catalog"].requests[0]
    assert asked.target == seen
    assert asked.identity("catalog").state == "anonymous"


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/volumes/slug/" + "x" * 4082, 400),
        ("/volumes/slug/" + "x" * 4083, 414),
        ("/volumes/slug/" + "\N{SNOWMAN}" * 453, 400),
        ("/volumes/slug/" + "\N{SNOWMAN}" * 454, 414),
        ("/volumes/1?search=" + "x" * 7982, 404),
        ("/volumes/1?search=" + "x" * 7983, 414),
        ("/volumes/1?search=" + "\N{SNOWMAN}" * 900, 414),
    ],
    ids=range(7),
)
def test_what_a_gateway_takes_a_service_takes_too(anonymous: Client, target: str, status: int) -> None:
    answer = anonymous.refused("GET", target)
    texts = {400: "Invalid parameters", 404: "Not found", 414: "Request address too long"}
    assert answer == (status, texts[status])


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/nothing",
        "/volumesx",
        "//volumes",
        "/internal/files/doomed",
        "/metrics",
        "/health",
        "/docs/x.js",
    ],
)
def test_unknown_paths_are_a_404(door: GatewayHarness, path: str) -> None:
    assert answered(get(door, path)) == (404, {"data": "Not found", "code": 404})


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/openapi.json"])
def test_pages_of_a_service_are_not_reached_through_the_gateway(door: GatewayHarness, path: str) -> None:
    for prefix in ("/volumes/..", "/volumes/%2e%2e", "/volumes/."):
        assert answered(get(door, prefix + path))[0] == 400


def test_a_wrong_method_on_a_page_of_the_gateway_is_a_405(door: GatewayHarness) -> None:
    answer = door.ask("POST", "/health/live")
    assert (answer.status_code, answer.json()) == (405, {"data": "Method not allowed", "code": 405})
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_every_method_is_left_to_the_service(door: GatewayHarness, method: str) -> None:
    assert door.ask(method, "/volumes/1").status_code == 200
    assert door["catalog"].requests[0].method == method


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost x\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", 400),
        (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 9000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX_Y: z\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nExpect: tea\r\n\r\n", 417),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
        ),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: cow\r\n\r\n", 400),
    ],
)
def test_what_is_no_request_is_refused_in_the_same_shape(
    door: GatewayHarness, request_: bytes, status: int
) -> None:
    response = door.raw(request_)
    assert answered(response)[0] == status
    assert b"Connection: close" in response

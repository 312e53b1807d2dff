"""The head of a request: bounded as a whole, in time and in size, and cheap whatever it holds."""

import contextlib
import itertools
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from gateway.http.headers import FORWARDED, LONGEST_VALUE
from tests.support.gateway_harness import GatewayHarness, answered, received

LARGEST = 32 * 1024
CPU_SECONDS = 0.1
"""Of the gateway, for one request whatever its head holds; most cost a hundredth of it."""
TOO_LARGE = {"data": "Request headers too large", "code": 431}

HEADERS = (
    *FORWARDED,
    "Accept-Encoding",
    "Access-Control-Request-Method",
    "Authorization",
    "Connection",
    "Cookie",
    "Origin",
    "Sec-Fetch-Site",
    "Server-Timing",
    "Traceparent",
    "Upgrade",
    "X-Forwarded-For",
    "X-Request-Id",
)
FILLINGS = {
    "blanks": "a/b" + " " * 8000 + "x",
    "tabs": '"a"' + "\t" * 8000 + "x",
    "commas": "," * 8000,
    "semicolons": ";" * 8000,
    "quotes": '"' * 8000,
    "backslashes": '"' + "\\" * 8000,
    "media ranges": "a/b;q=0.1," * 800,
    "tags": 'W/"a", ' * 1140,
    "ranges": "bytes=0-0," * 800,
    "cookies": "refreshToken=a;" * 530,
    "written": "bunkoWritten=1" * 570,
    "digits": "1" * 8000,
    "dates": "Sun, 06 Nov 1994 " + "(" * 7900,
    "addresses": "1.2.3.4," * 1000,
}


def cpu(door: GatewayHarness) -> float:
    """Seconds of CPU that the gateway's processes have used."""
    times = [process.cpu_times() for process in psutil.Process(door.process.pid).children()]
    return sum(time.user + time.system for time in times)


def first_bytes(door: GatewayHarness, request: bytes) -> bytes:
    """Send a request and return the beginning of its answer, without waiting for the connection to end."""
    with door.connection() as connection:
        connection.sendall(request)
        return connection.recv(4096)


def asked(connection: socket.socket, request: bytes) -> bytes:
    """Send a request over a connection that is kept, and return the answer, a JSON object."""
    connection.sendall(request)
    answer = b""
    while not answer.endswith(b"}"):
        answer += (piece := connection.recv(4096))
        assert piece, answer
    return answer


def head_of(length: int, path: str = "/volumes/1") -> bytes:
    """A head of so many bytes, in lines that gunicorn takes."""
    head = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    end = "\r\n"
    for number in itertools.count():
        left = length - len(head) - len(end)
        if left == 0:
            return (head + end).encode()
        name = f"X-{number}: "
        line = min(left, 8000)
        if left - line in range(1, 20):
            line -= 20
        head += name + "x" * (line - len(name) - 2) + "\r\n"
    raise AssertionError


@pytest.mark.parametrize("path", ["/status", "/docs/docs.js", "/volumes/1", "/media/image/1", "/auth/me"])
def test_no_header_costs_more_than_a_tenth_of_a_second(door: GatewayHarness, path: str) -> None:
    """Each header of 8 KiB, repeated to what is let in: all fillings of a header together cost no more."""
    for name in HEADERS:
        repeated = [f"{name}: {filling}\r\n" * 4 for filling in FILLINGS.values()]
        heads = [f"GET {path} HTTP/1.1\r\nHost: x\r\n{lines}\r\n".encode() for lines in repeated]
        before = cpu(door)
        with ThreadPoolExecutor(len(heads)) as pool:
            answers = list(pool.map(lambda head: first_bytes(door, head), heads))
        assert cpu(door) - before < CPU_SECONDS * len(heads) / 4, name
        assert {answer[:10] for answer in answers} <= {b"HTTP/1.1 2", b"HTTP/1.1 4"}, name


def test_a_head_is_bounded_as_a_whole(door: GatewayHarness) -> None:
    assert door.raw(head_of(LARGEST)).startswith(b"HTTP/1.1 200 ")
    for length in (LARGEST + 1, LARGEST + 5000, 3 * LARGEST):
        assert answered(door.raw(head_of(length))) == (431, TOO_LARGE)
    assert len(door["catalog"].requests) == 1


def test_it_is_also_where_it_comes_in_small_pieces(door: GatewayHarness) -> None:
    for length, status in ((LARGEST, 200), (LARGEST + 1, 431)):
        with door.connection() as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            head = head_of(length)
            for place in range(0, len(head), 37):
                connection.sendall(head[place : place + 37])
            assert received(connection).startswith(b"HTTP/1.1 %d " % status)


def test_a_body_that_comes_with_it_does_not_count(door: GatewayHarness) -> None:
    body = b"x" * (2 * LARGEST)
    head = head_of(LARGEST - 40).replace(b"GET", b"POST", 1)
    head = head[:-2] + b"Content-Length: %d\r\n\r\n" % len(body)
    assert len(head) <= LARGEST
    assert door.raw(head + body).startswith(b"HTTP/1.1 200 ")
    assert door["catalog"].requests[0].body == body


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /" + b"x" * 8190, 414),
        (b"GET /" + b"x" * 40_000, 414),
        (b"x" * 40_000, 414),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 101 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nX: " + b"y" * 8190 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"\r" * 40_000, 431),
        (b"GET / HTTP/1.1\r\nX:\r\n" + b" y\r\n" * 9000, 431),
        (b"GET / HTTP/1.1\r\nX:\r\n" + b" y\r\n" * 100 + b"\r\n", 400),
        (b"GET / HTTP/1.1\r\nExpect: the worst\r\n\r\n", 417),
        (b"POST / HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", 400),
    ],
)
def test_whatever_cannot_be_read_is_refused_in_one_shape(
    door: GatewayHarness, head: bytes, status: int
) -> None:
    answer = door.raw(head)
    assert answered(answer)[0] == status
    fields = answer.partition(b"\r\n\r\n")[0].lower()
    for name in (b"x-content-type-options: nosniff", b"cache-control: no-store", b"connection: close"):
        assert name in fields


@pytest.mark.parametrize("name", [*FORWARDED, "Host"])
def test_a_header_that_programs_parse_is_short(door: GatewayHarness, name: str) -> None:
    """However many lines it comes in."""
    assert door.ask("GET", "/volumes/1", headers={name: "x" * LONGEST_VALUE}).status_code == 200
    answer = door.ask("GET", "/volumes/1", headers={name: "x" * (LONGEST_VALUE + 1)})
    assert (answer.status_code, answer.json()) == (431, TOO_LARGE)
    line = f"{name}: {'x' * (LONGEST_VALUE // 2)}\r\n".encode()
    if name not in ("Host", "Content-Type"):
        head = b"GET /volumes/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + line + line + b"\r\n"
        assert answered(door.raw(head)) == (431, TOO_LARGE)
    assert len(door["catalog"].requests) == 1


def chunks(unit: bytes) -> Iterator[bytes]:
    while True:
        yield unit * (65536 // len(unit))


@pytest.mark.parametrize(
    ("first", "unit"),
    [
        (b"1;", b"x"),
        (b"", b"0"),
        (b"0\r\n", b"x"),
        (b"0\r\n", b"X: y\r\n"),
        (b"", b"1\r\nx\r\n"),
        (b"", b"2;" + b"y" * 200 + b"\r\nxx\r\n"),
    ],
    ids=["extension", "size", "trailer", "trailers", "small chunks", "extensions"],
)
def test_what_frames_a_body_is_bounded_too(door: GatewayHarness, first: bytes, unit: bytes) -> None:
    """An endless one is refused before 8 MB of it were read, though its content is nothing."""
    head = b"POST /media/edit/1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    sent, answer = 0, b""
    with door.connection() as connection:
        connection.sendall(head + first)
        connection.settimeout(20)
        for piece in chunks(unit):
            connection.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                answer += connection.recv(65536)
            if answer or sent > 40_000_000:
                break
            connection.settimeout(20)
            with contextlib.suppress(ConnectionError):  # the answer has come, and is looked for next
                connection.sendall(piece)
            sent += len(piece)
        connection.settimeout(20)
        answer += received(connection)
    assert sent < 40_000_000
    assert answered(answer)[0] == 400


def test_a_body_in_chunks_of_a_usual_size_is_taken(door: GatewayHarness) -> None:
    pieces = [b"x" * 700] * 3000 + [b"y"] * 5000
    answer = door.ask("POST", "/media/edit/1", data=iter(pieces))
    assert (answer.status_code, answer.json()["length"]) == (200, 700 * 3000 + 5000)
    body = b"3;a=b\r\nabc\r\n00\r\nX-Trailer: y\r\nX-More: z\r\n\r\n"
    head = b"POST /media/edit/1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    two = door.raw(head + body + b"GET /volumes/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert two.count(b"HTTP/1.1 200 ") == 1, "a chunked body ends its connection"
    assert door["media"].requests[-1].body == b"abc"


def test_a_head_is_complete_in_ten_seconds_or_never(door: GatewayHarness) -> None:
    """However it dawdles; a connection that waits for its next request is not concerned."""
    begun = b"GET /volumes/1 HTTP/1.1\r\nHost: x\r\nX-Slow: "
    usual = b"GET /volumes/1 HTTP/1.1\r\nHost: x\r\n\r\n"
    silent, stopped, trickling, second, idle = (door.connection(30) for _ in range(5))
    for connection in (second, idle):
        assert asked(connection, usual).startswith(b"HTTP/1.1 200 ")
    for connection in (stopped, trickling, second):
        connection.sendall(begun)
    trickling.settimeout(0.5)
    deadline = time.monotonic() + 40
    trickled = b""
    while not trickled:
        assert time.monotonic() < deadline, "it trickles on"
        try:
            trickled = trickling.recv(65536)
        except TimeoutError:
            trickling.sendall(b"x")
    trickling.settimeout(30)
    for answer in (trickled + received(trickling), received(stopped), received(second)):
        assert answered(answer) == (408, {"data": "Request timed out", "code": 408})
    assert received(silent) == b""
    assert asked(idle, usual).startswith(b"HTTP/1.1 200 ")
    for connection in (silent, stopped, trickling, second, idle):
        connection.close()


def test_no_answer_names_the_server(door: GatewayHarness) -> None:
    door["catalog"].responder["/volumes/named"] = lambda exchange: exchange.send(200, b"", {"Server": "mine"})
    for request in (b"GET /volumes/named", b"GET /health/live", b"GET /nothing", b"OPTIONS /volumes/1", b"x"):
        answer = door.raw(request + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert b"server:" not in answer.partition(b"\r\n\r\n")[0].lower()
        assert b"gunicorn" not in answer.lower()


def test_the_status_page_is_html_unless_json_is_named(door: GatewayHarness) -> None:
    for accept, kind in {
        "": "text/html",
        "*/*": "text/html",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8": "text/html",
        "application/json, text/html;q=0.5": "text/html",
        "application/json": "application/json",
        "Application/JSON;q=0.9, */*;q=0.1": "application/json",
    }.items():
        answer = door.ask("GET", "/status", headers={"Accept": accept})
        assert answer.status_code in (200, 503)
        assert answer.headers["Content-Type"].startswith(kind), accept

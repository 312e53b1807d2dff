"""Forwarding of request bodies and answers."""

import hashlib
import json
import socket
import threading
import time

import pytest
import requests

from tests.support.gateway_harness import Exchange, GatewayHarness, answered, received
from tests.support.waiting import wait_until

MiB = 1024 * 1024
LIMIT = 6_000_000


def chunked(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def post(headers: str, body: bytes = b"") -> bytes:
    """A request that keeps the connection open."""
    return f"POST /media/edit/1 HTTP/1.1\r\nHost: x\r\n{headers}\r\n\r\n".encode() + body


def last_post(headers: str, body: bytes = b"") -> bytes:
    """A request after which the server closes the connection."""
    return post(f"Connection: close\r\n{headers}", body)


@pytest.mark.parametrize("size", [0, 1, 65535, MiB, MiB + 1, 5 * MiB])
def test_a_body_arrives_whole(door: GatewayHarness, size: int) -> None:
    body = bytes(hashlib.sha256(b"seed").digest() * (size // 32 + 1))[:size]
    answer = door.ask("POST", "/media/edit/1", data=body, headers={"Content-Type": "application/json"})
    asked = door["media"].requests[0]
    assert (answer.status_code, asked.body) == (200, body)
    assert asked.header("Content-Length") == str(size)
    assert asked.header("Content-Type") == "application/json"


def test_a_chunked_body_arrives_with_its_length(door: GatewayHarness) -> None:
    response = door.raw(last_post("Transfer-Encoding: chunked", chunked(b"{", b'"a":1', b"}")))
    assert b" 200 " in response
    asked = door["media"].requests[0]
    assert (asked.body, asked.header("Content-Length")) == (b'{"a":1}', "7")
    assert asked.header("Transfer-Encoding") is None


@pytest.mark.parametrize("method", ["DELETE", "GET", "PUT"])
def test_any_method_may_have_a_body(door: GatewayHarness, method: str) -> None:
    door.ask(method, "/admin/remove-lock", json={"id": 1})
    assert json.loads(door["catalog"].requests[0].body) == {"id": 1}


def test_a_body_declared_too_large_is_refused_before_it_is_read(door: GatewayHarness) -> None:
    with door.connection() as connection:
        connection.sendall(post(f"Content-Length: {LIMIT + 1}"))
        response = received(connection)
    assert answered(response) == (413, {"data": "Request body too large", "code": 413})
    assert b"Connection: close" in response
    assert door["media"].requests == []


def test_a_client_that_sends_a_refused_body_still_reads_the_refusal(door: GatewayHarness) -> None:
    """Even for a client that sends all of it before it reads."""
    size = LIMIT + 3 * MiB
    response = door.raw(post(f"Content-Length: {size}", b"x" * size))
    assert answered(response) == (413, {"data": "Request body too large", "code": 413})


@pytest.mark.parametrize("declared", [LIMIT + 1, 2_000_000_000, 10**30])
def test_claims_cost_no_memory(door: GatewayHarness, declared: int) -> None:
    before = door.memory()
    connections = [door.connection() for _ in range(20)]
    for connection in connections:
        connection.sendall(post(f"Content-Length: {declared}", b"x" * 65536))
    for connection in connections:
        with connection:
            assert answered(received(connection))[0] == 413
    assert door.memory() - before < 8 * MiB


def test_bodies_that_wait_for_their_end_wait_on_disk(door: GatewayHarness) -> None:
    before = door.memory()
    connections = [door.connection() for _ in range(20)]
    for connection in connections:
        connection.sendall(last_post(f"Content-Length: {LIMIT}", b"x" * (LIMIT - 1)))
    wait_until(lambda: door.ask("GET", "/health/live").status_code == 200)
    grown = door.memory() - before
    for connection in connections:
        connection.sendall(b"x")
    for connection in connections:
        with connection:
            assert b" 200 " in received(connection)
    assert [len(asked.body) for asked in door["media"].requests] == [LIMIT] * 20
    assert grown < 20 * LIMIT / 2


def test_a_chunked_body_is_refused_when_it_grows_too_large(door: GatewayHarness) -> None:
    pieces = [b"x" * 65536] * (LIMIT // 65536 + 20)
    assert answered(door.raw(post("Transfer-Encoding: chunked", chunked(*pieces))))[0] == 413
    assert door["media"].requests == []


def test_a_chunked_body_without_an_end_is_not_listened_to_for_ever(door: GatewayHarness) -> None:
    piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    with door.connection() as connection:
        connection.sendall(post("Transfer-Encoding: chunked"))
        with pytest.raises(ConnectionError):
            for _ in iter(lambda: connection.sendall(piece), False):
                pass


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ("Content-Length: 10", b"short"),
        ("Transfer-Encoding: chunked", b"5\r\nhel"),
        ("Transfer-Encoding: chunked", b"5\r\nhello\r\n"),
        ("Transfer-Encoding: chunked", b"zz\r\nhello\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked", b"2\r\nhello\r\n0\r\n\r\n"),
    ],
)
def test_half_a_body_reaches_nobody(door: GatewayHarness, headers: str, body: bytes) -> None:
    with door.connection() as connection:
        connection.sendall(post(headers, body))
        connection.shutdown(socket.SHUT_WR)
        status, document = answered(received(connection))
    assert (status, list(document["errors"])) == (400, ["body"])
    assert door["media"].requests == []


def test_a_body_that_trickles_ties_up_no_service(door: GatewayHarness) -> None:
    with door.connection() as connection:
        connection.sendall(post("Content-Length: 4", b"{"))
        assert door.ask("GET", "/media/1").status_code == 200
        assert [asked.method for asked in door["media"].requests] == ["GET"]
        connection.sendall(b'"":')
        wait_until(lambda: len(door["media"].requests) == 2)


def test_many_slow_clients_are_in_nobodys_way(door: GatewayHarness) -> None:
    slow = [door.connection() for _ in range(300)]
    for number, connection in enumerate(slow):
        connection.sendall(
            post("Content-Length: 9", b"{") if number % 2 else b"GET /volumes/1 HTTP/1.1\r\nHo"
        )
    began = time.monotonic()
    for _ in range(20):
        assert door.ask("GET", "/volumes/1").status_code == 200
    elapsed = time.monotonic() - began
    for connection in slow:
        connection.close()
    assert elapsed < 10  # independent of the speed of the machine


def test_a_long_answer_streams_through_in_flat_memory(door: GatewayHarness) -> None:
    pieces = 3000

    def long(exchange: Exchange) -> None:
        exchange.send_response(200)
        exchange.send_header("Transfer-Encoding", "chunked")
        exchange.end_headers()
        piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
        for _ in range(pieces):
            exchange.wfile.write(piece)
        exchange.wfile.write(b"0\r\n\r\n")

    door["catalog"].responder["/volumes/long"] = long
    before, most, length = door.memory(), 0, 0
    with door.ask("GET", "/volumes/long", stream=True) as answer:
        assert answer.headers["Transfer-Encoding"] == "chunked"
        for number, piece in enumerate(answer.iter_content(MiB)):
            length += len(piece)
            most = max(most, door.memory()) if number % 20 == 0 else most
    assert length == pieces * 65536
    assert most - before < 16 * MiB


def test_a_reader_that_dawdles_costs_no_memory(door: GatewayHarness) -> None:
    sent = threading.Event()

    def long(exchange: Exchange) -> None:
        exchange.send_response(200)
        exchange.send_header("Content-Length", str(64 * MiB))
        exchange.end_headers()
        for _ in range(64):
            exchange.wfile.write(b"x" * MiB)
        sent.set()

    door["catalog"].responder["/volumes/long"] = long
    before = door.memory()
    with door.ask("GET", "/volumes/long", stream=True) as answer:
        assert not sent.wait(0.5)
        assert door.memory() - before < 16 * MiB
        assert len(answer.content) == 64 * MiB


def test_the_first_piece_of_an_answer_is_not_held_back(door: GatewayHarness) -> None:
    more = threading.Event()

    def halting(exchange: Exchange) -> None:
        exchange.send_response(200)
        exchange.send_header("Transfer-Encoding", "chunked")
        exchange.end_headers()
        exchange.wfile.write(b"5\r\nfirst\r\n")
        assert more.wait(5)
        exchange.wfile.write(b"4\r\nlast\r\n0\r\n\r\n")

    door["catalog"].responder["/volumes/halting"] = halting
    with door.ask("GET", "/volumes/halting", stream=True) as answer:
        pieces = answer.iter_content(None)
        assert next(pieces) == b"first"
        more.set()
        assert b"".join(pieces) == b"last"


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_a_body_has_none(door: GatewayHarness, status: int) -> None:
    door["catalog"].responder["/volumes/none"] = lambda exchange: exchange.send(
        status, headers={"ETag": '"x"'}
    )
    with requests.Session() as session:
        for _ in range(2):
            answer = session.get(door.address + "/volumes/none", headers={"If-None-Match": '"x"'}, timeout=30)
            assert (answer.status_code, answer.content, answer.headers["ETag"]) == (status, b"", '"x"')
            assert "Transfer-Encoding" not in answer.headers
    assert door["catalog"].requests[0].header("If-None-Match") == '"x"'


def test_head_has_the_length_and_no_body(door: GatewayHarness) -> None:
    door["catalog"].responder["/volumes/large"] = lambda exchange: exchange.send(200, b"x" * 200_000)
    with requests.Session() as session:
        for _ in range(2):
            answer = session.head(door.address + "/volumes/large", timeout=30)
            assert (answer.status_code, answer.content) == (200, b"")
            assert answer.headers["Content-Length"] == "200000"
        assert len(session.get(door.address + "/volumes/large", timeout=30).content) == 200_000


def test_head_of_an_answer_without_a_known_length_states_none(door: GatewayHarness) -> None:
    def streaming(exchange: Exchange) -> None:
        exchange.send_response(200)
        exchange.send_header("Transfer-Encoding", "chunked")
        exchange.end_headers()

    door["catalog"].responder["/volumes/stream"] = streaming
    with requests.Session() as session:
        for _ in range(2):
            answer = session.head(door.address + "/volumes/stream", timeout=30)
            assert (answer.status_code, answer.content) == (200, b"")
            assert "Content-Length" not in answer.headers


def test_answers_keep_their_status_and_headers(door: GatewayHarness) -> None:
    headers = {
        "ETag": '"x"',
        "Cache-Control": "public, max-age=9",
        "Content-Type": "image/webp",
        "Location": "/a",
    }
    door["catalog"].responder["/volumes/x"] = lambda exchange: exchange.send(301, b"y", headers)
    answer = door.ask("GET", "/volumes/x")
    assert (answer.status_code, answer.content) == (301, b"y")
    assert answer.headers.items() >= headers.items()
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_only_the_user_service_sets_cookies(door: GatewayHarness) -> None:
    for service, path in (("users", "/auth/login"), ("catalog", "/volumes/1")):
        door[service].responder[path] = lambda exchange: exchange.send(
            200, b"", {"Set-Cookie": "refreshToken=a"}
        )
    assert door.ask("POST", "/auth/login").headers["Set-Cookie"] == "refreshToken=a"
    assert "Set-Cookie" not in door.ask("GET", "/volumes/1").headers

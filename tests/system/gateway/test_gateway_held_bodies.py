"""The memory of a gateway for bodies is bounded, whoever sends them and however they end."""

import select
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

import psutil
import pytest
import requests

from tests.support.gateway_harness import (
    Exchange,
    GatewayHarness,
    HarnessFactory,
    answered,
    received,
)
from tests.support.processes import spooled, watched
from tests.support.waiting import wait_until

LARGEST = 6_000_000
MOST = 32_000_000
WITH_LARGE = MOST * 3 // 4
SMALL = 1_000_000
PIECE = b"x" * 65536


@pytest.fixture(scope="module")
def door(opening: HarnessFactory) -> GatewayHarness:
    return opening.open(MAX_BODY=str(LARGEST), MAX_BODIES=str(MOST))


class Unfinished:
    """A body that a thread sends except for its last byte."""

    def __init__(self, door: GatewayHarness, length: int, *, chunked: bool = False) -> None:
        self.connection = door.connection(30)
        self._left = length - 1
        self._chunked = chunked
        framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {length}"
        self.connection.sendall(f"POST /media/edit/1 HTTP/1.1\r\nHost: x\r\n{framing}\r\n\r\n".encode())
        self._sending = threading.Thread(target=self._send)

    def start(self) -> None:
        """Begin to send."""
        self._sending.start()

    def _send(self) -> None:
        with suppress(OSError):  # a refused client may be disconnected
            while self._left:
                piece = PIECE[: self._left]
                self.connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece) if self._chunked else piece)
                self._left -= len(piece)

    def is_sent(self) -> bool:
        """Return whether the sending has ended."""
        return not self._sending.is_alive()

    def is_refused(self) -> bool:
        """Return whether an answer or the end of the connection has arrived."""
        return bool(select.select([self.connection], [], [], 0)[0])

    def finish(self) -> bytes:
        """Send the last byte and return the answer's head."""
        self.connection.sendall(b"1\r\nx\r\n0\r\n\r\n" if self._chunked else b"x")
        return self.connection.recv(65536)


@contextmanager
def held(
    door: GatewayHarness, lengths: Sequence[int], *, chunked: bool = False
) -> Iterator[list[Unfinished]]:
    """Send all bodies at once, yield when nothing changes any more, and abort them at the end."""
    with ExitStack() as connections:
        bodies = [Unfinished(door, length, chunked=chunked) for length in lengths]
        for body in bodies:
            connections.enter_context(body.connection)
        for body in bodies:
            body.start()
        wait_until(lambda: all(body.is_sent() for body in bodies))
        yield bodies
    wait_until(lambda: spooled(psutil.Process(door.process.pid)) == 0)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_storm_of_large_bodies_stays_within_its_bound_and_keeps_nobody_else_from_working(
    door: GatewayHarness, chunked: bool
) -> None:
    for _ in range(2):  # aborted bodies have released their memory
        with (
            watched(spooled, door.process.pid, every=0.005) as seen,
            held(door, [LARGEST] * 40, chunked=chunked) as bodies,
        ):
            assert door.ask("POST", "/media/edit/2", json={"name": "x"}).status_code == 200
            assert door.ask("GET", "/volumes/1").status_code == 200
            wait_until(lambda: sum(not body.is_refused() for body in bodies) <= WITH_LARGE // LARGEST)
        assert LARGEST <= max(seen) <= WITH_LARGE


def test_who_finds_no_room_is_told_so_and_the_others_arrive(door: GatewayHarness) -> None:
    with held(door, [LARGEST] * 4) as bodies:
        wait_until(lambda: spooled(psutil.Process(door.process.pid)) >= WITH_LARGE - 4 * len(PIECE))
        with door.connection() as late:
            late.sendall(
                f"POST /media/edit/1 HTTP/1.1\r\nHost: x\r\nContent-Length: {LARGEST}\r\n\r\n".encode()
            )
            refused = received(late)
        assert answered(refused) == (503, {"data": "Service unavailable", "code": 503})
        assert b"Retry-After: 1\r\n" in refused
        assert b"Connection: close\r\n" in refused
        assert [body.finish().split()[1] for body in bodies] == [b"200"] * 4


def test_a_body_declared_too_large_is_so_also_where_there_is_no_room(door: GatewayHarness) -> None:
    with held(door, [LARGEST] * 4), door.connection() as connection:
        connection.sendall(b"POST /media/edit/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 6000001\r\n\r\n")
        assert answered(received(connection))[0] == 413


def test_small_bodies_are_bounded_too_and_cost_nobody_their_connection(door: GatewayHarness) -> None:
    with held(door, [SMALL] * (MOST // SMALL)), requests.Session() as session:
        wait_until(lambda: post(session, door).status_code == 503)
        refused = post(session, door)
        assert (refused.headers["Retry-After"], refused.headers["Connection"]) == ("1", "keep-alive")
        assert session.get(f"{door.address}/volumes/1", timeout=30).status_code == 200
    wait_until(lambda: door.ask("POST", "/media/edit/2", data=b"x" * SMALL).status_code == 200)


def post(session: requests.Session, door: GatewayHarness) -> requests.Response:
    return session.post(f"{door.address}/media/edit/2", data=b"x" * SMALL, timeout=30)


def test_a_declared_length_alone_takes_nothing_from_others(door: GatewayHarness) -> None:
    with ExitStack() as claims:
        for _ in range(40):
            claim = claims.enter_context(door.connection())
            claim.sendall(
                f"POST /media/edit/1 HTTP/1.1\r\nHost: x\r\nContent-Length: {LARGEST}\r\n\r\n".encode()
            )
        assert door.ask("POST", "/media/edit/1", data=b"x" * LARGEST).status_code == 200


def test_what_waits_for_its_answer_is_held(door: GatewayHarness) -> None:
    goes_on = threading.Event()

    def halting(exchange: Exchange) -> None:
        assert goes_on.wait(10)
        exchange.send(200)

    door["media"].responder["/media/edit/1"] = halting
    try:
        with held(door, [LARGEST] * 4) as bodies:
            asked = len(door["media"].requests)
            for body in bodies:
                body.connection.sendall(b"x")
            wait_until(lambda: len(door["media"].requests) == asked + 4)
            assert door.ask("POST", "/media/edit/2", data=b"x" * LARGEST).status_code == 503
            goes_on.set()
            assert [body.connection.recv(65536).split()[1] for body in bodies] == [b"200"] * 4
        wait_until(lambda: door.ask("POST", "/media/edit/2", data=b"x" * LARGEST).status_code == 200)
    finally:
        door["media"].responder.clear()


def test_a_temporary_folder_without_room_is_nobodys_mistake(opening: HarnessFactory) -> None:
    door = opening.open()
    for process in psutil.Process(door.process.pid).children():
        process.rlimit(psutil.RLIMIT_FSIZE, (2_000_000, 2_000_000))
    assert door.ask("POST", "/media/edit/1", data=b"x" * 3_000_000).status_code == 503
    assert "cannot be kept in the temporary folder" in door.log()
    assert door.ask("POST", "/media/edit/1", data=b"x" * 500_000).status_code == 200
    assert spooled(psutil.Process(door.process.pid)) == 0


def test_bodies_that_could_never_find_room_keep_the_gateway_from_starting(opening: HarnessFactory) -> None:
    with pytest.raises(AssertionError, match="MAX_BODIES must be 4/3 of MAX_BODY"):
        opening.open(MAX_BODY="6000000", MAX_BODIES="7000000")

"""Answers leave their services at full speed, however slowly clients read, and buffers are bounded."""

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import psutil
import pytest

from tests.support.gateway_harness import Exchange, GatewayHarness, HarnessFactory, received
from tests.support.metrics import Shown
from tests.support.processes import spooled, watched
from tests.support.stalled_readers import Stalled, stalled
from tests.support.waiting import wait_until

MEGABYTE = 1_000_000
LONG = 20 * MEGABYTE
PIECE = b"x" * 100_000
PATH = "/volumes/1"


@dataclass
class Source:
    """A long answer of a stub service, and how often it was sent completely or aborted."""

    length: int
    done: int = 0
    broken: int = 0
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, exchange: Exchange) -> None:
        exchange.send_response(200)
        exchange.send_header("Content-Length", str(self.length))
        exchange.end_headers()
        try:
            for _ in range(self.length // len(PIECE)):
                exchange.wfile.write(PIECE)
        except OSError:
            with self._guard:
                self.broken += 1
            raise
        with self._guard:
            self.done += 1

    @property
    def ended(self) -> int:
        """Return how many answers no longer hold a thread of the program."""
        return self.done + self.broken


@pytest.fixture(scope="module")
def metrics() -> str:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"127.0.0.1:{free.getsockname()[1]}"


@pytest.fixture(scope="module")
def door(opening: HarnessFactory, metrics: str) -> GatewayHarness:
    """A gateway that buffers 32 MB of answers, 8 of each."""
    return opening.open(MAX_ANSWERS=str(32 * MEGABYTE), METRICS_BIND=metrics)


@pytest.fixture
def nothing_left(door: GatewayHarness, metrics: str) -> Iterator[Callable[[], None]]:
    """Fail unless the gateway has released everything of the test: bytes, files, client connections."""
    gateway = psutil.Process(door.process.pid)

    def wait() -> None:
        wait_until(lambda: Shown(f"http://{metrics}/metrics").value("bunko_gateway_answers_held_bytes") == 0)
        wait_until(lambda: spooled(gateway) == 0)
        wait_until(lambda: not _clients(gateway, door.port))

    yield wait
    door["catalog"].responder.clear()


def _clients(master: psutil.Process, port: int) -> list[object]:
    connections = [one for worker in master.children() for one in worker.net_connections("tcp")]
    return [one for one in connections if one.laddr.port == port and one.raddr]


def test_an_answer_leaves_its_program_though_its_clients_stopped_reading(
    opening: HarnessFactory, nothing_left: Callable[[], None]
) -> None:
    door = opening.open()
    source = door["catalog"].responder[PATH] = Source(LONG)
    with stalled(door.address, PATH, 2) as readers:
        wait_until(lambda: source.done == 2)
        assert spooled(psutil.Process(door.process.pid)) > LONG
        # The buffered answer is complete.
        for reader in readers:
            assert len(reader.connection.recv(1)) == 1
    wait_until(lambda: spooled(psutil.Process(door.process.pid)) == 0)
    nothing_left()


def test_all_of_a_held_answer_arrives(opening: HarnessFactory) -> None:
    door = opening.open()
    source = Source(LONG)
    numbered = b"".join(b"%08d" % number for number in range(LONG // 8))

    def count(exchange: Exchange) -> None:
        exchange.send(200, numbered)
        source.done += 1

    door["catalog"].responder[PATH] = count
    with stalled(door.address, PATH, 1, {"Connection": "close"}) as (reader,):
        wait_until(lambda: source.done == 1)
        rest = reader.rest()
    assert numbered.endswith(rest)
    assert len(rest) > LONG - 1024


def test_two_hundred_stalled_readers_hold_no_program_and_no_more_than_is_allowed(
    door: GatewayHarness, nothing_left: Callable[[], None]
) -> None:
    source = door["catalog"].responder[PATH] = Source(6 * MEGABYTE)
    gateway = psutil.Process(door.process.pid)
    with watched(spooled, door.process.pid) as seen, stalled(door.address, PATH, 200):
        wait_until(lambda: source.ended == 200, 120)
        assert door.ask("GET", "/volumes/2").status_code == 200
        assert spooled(gateway) <= 32 * MEGABYTE
    assert max(seen) <= 32 * MEGABYTE
    assert "Traceback" not in door.log()
    nothing_left()


def test_a_quick_reader_gets_all_of_its_answer_while_stalled_ones_fill_the_room(
    door: GatewayHarness, metrics: str, nothing_left: Callable[[], None]
) -> None:
    source = door["catalog"].responder[PATH] = Source(8 * MEGABYTE)
    quick = Source(LONG)
    door["catalog"].responder["/volumes/2"] = quick
    with stalled(door.address, PATH, 12):
        for _ in range(5):
            assert len(door.ask("GET", "/volumes/2").content) == LONG
        wait_until(lambda: source.ended == 12)
    assert (quick.done, quick.broken) == (5, 0)
    cut = Shown(f"http://{metrics}/metrics").of("bunko_gateway_answers_cut_total")
    assert cut[frozenset({("reason", "room needed")})] > 0, "there was room for all"
    nothing_left()


def test_an_answer_too_long_to_be_held_is_broken_off_for_a_stalled_reader(
    door: GatewayHarness, nothing_left: Callable[[], None]
) -> None:
    source = door["catalog"].responder[PATH] = Source(LONG)
    with stalled(door.address, PATH, 2) as readers:
        wait_until(lambda: source.broken == 2)
        for reader in readers:
            with pytest.raises(ConnectionResetError):
                reader.rest()
    nothing_left()


def test_a_client_that_leaves_ends_the_work_of_the_program(
    door: GatewayHarness, nothing_left: Callable[[], None]
) -> None:
    source = door["catalog"].responder[PATH] = Source(10_000 * MEGABYTE)
    with door.connection() as reader:
        reader.sendall(f"GET {PATH} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        for _ in range(100):
            assert reader.recv(65536)
    wait_until(lambda: source.broken == 1)
    nothing_left()


def test_half_an_answer_is_not_taken_for_a_whole_one_by_who_knows_no_chunks(door: GatewayHarness) -> None:
    def break_off(exchange: Exchange) -> None:
        exchange.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        exchange.reset()

    door["catalog"].responder[PATH] = break_off
    with Stalled(door.address, PATH, {}).connection as reader:  # an answer as HTTP/1.1 knows it
        assert not received(reader).endswith(b"0\r\n\r\n")
    with door.connection() as reader:
        reader.sendall(f"GET {PATH} HTTP/1.0\r\n\r\n".encode())
        with pytest.raises(ConnectionResetError):
            _read(reader)
    door["catalog"].responder.clear()


def test_a_temporary_folder_without_room_breaks_the_answer_off(opening: HarnessFactory) -> None:
    door = opening.open()
    for process in psutil.Process(door.process.pid).children():
        process.rlimit(psutil.RLIMIT_FSIZE, (2 * MEGABYTE, 2 * MEGABYTE))
    source = door["catalog"].responder[PATH] = Source(LONG)
    with stalled(door.address, PATH, 1) as (reader,):
        wait_until(lambda: source.broken == 1)
        with pytest.raises(ConnectionResetError):
            reader.rest()
    assert "cannot be kept in the temporary folder" in door.log()
    assert len(door.ask("GET", "/volumes/2").content) > 0
    assert spooled(psutil.Process(door.process.pid)) == 0


def _read(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass

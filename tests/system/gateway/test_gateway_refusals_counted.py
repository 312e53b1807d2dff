"""The gateway's own refusals in its metrics: each is counted once, for its reason only."""

import contextlib
import io
import socket
import threading
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from typing import Any, cast

import pytest

from deploy.stack.stack import Stack
from gateway.admission.concurrency_limit import MAX_PER_SERVICE, ConcurrencyLimit
from gateway.admission.rate_limit import RateLimit
from gateway.app import Gateway
from gateway.http.body import BodyBudget
from gateway.http.cors import Origins
from shared.identity import tokens
from shared.observability.metrics import families
from tests.load.faults.proxy import Proxy, before_database, through
from tests.support.gateway_harness import Exchange, GatewayHarness, HarnessFactory
from tests.support.metrics import Shown
from tests.support.waiting import wait_until

LARGEST = 3_000_000
COUNTER = "bunko_gateway_refused_total"
ALL = {
    *("line full, at the door", "line full", "no database", "no room for bodies", "no answer", "other"),
    *("malformed", "origin", "no such page", "method", "body too slow", "body too large", "address too long"),
    *("rate limit", "fault", "timed out"),
}


class Counted:
    """A gateway with its counter of refusals."""

    def __init__(self, door: GatewayHarness, metrics: str) -> None:
        self.door = door
        self._metrics = metrics

    def by_reason(self) -> dict[str, float]:
        """Return reason -> refusals so far."""
        return {dict(labels)["reason"]: value for labels, value in Shown(self._metrics).of(COUNTER).items()}

    @contextlib.contextmanager
    def more(self, reason: str, by: int = 1) -> Iterator[None]:
        """Check that the ``with`` block adds so many refusals for ``reason`` and none for another."""
        before = self.by_reason()
        yield
        after = self.by_reason()
        assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == {
            reason: by
        }


def counted(opening: HarnessFactory, **settings: str) -> Counted:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        place = f"127.0.0.1:{listener.getsockname()[1]}"
    return Counted(opening.open(METRICS_BIND=place, **settings), f"http://{place}/metrics")


@pytest.fixture(scope="module")
def gateway(opening: HarnessFactory) -> Counted:
    return counted(opening, MAX_BODY=str(LARGEST), MAX_BODIES=str(LARGEST * 4 // 3), SERVICE_SECONDS="1")


@pytest.fixture(scope="module")
def wire(stack: Stack) -> Iterator[Proxy]:
    with before_database(stack.database_url("gateway")) as proxy:
        yield proxy


def reset(exchange: Exchange) -> None:
    exchange.reset()


def test_these_are_all_reasons(gateway: Counted) -> None:
    assert set(gateway.by_reason()) == ALL


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_lost_answer_is_no_answer(gateway: Counted, method: str) -> None:
    gateway.door["catalog"].responder["/volumes/1"] = reset
    with gateway.more("no answer"):
        assert gateway.door.ask(method, "/volumes/1").status_code == 503


def test_a_service_that_is_gone_gives_no_answer(opening: HarnessFactory) -> None:
    gateway = counted(opening)
    gateway.door["catalog"].stop()
    for method, path in (("GET", "/volumes/1"), ("POST", "/admin/lock"), ("GET", "/openapi.json")):
        with gateway.more("no answer"):
            assert gateway.door.ask(method, path).status_code == 503


def test_a_service_that_distrusts_the_gateway_gives_no_answer(gateway: Counted) -> None:
    gateway.door["catalog"].responder["/volumes/2"] = lambda exchange: exchange.send(
        401, b"{}", {tokens.HEADER: ""}
    )
    with gateway.more("no answer"):
        assert gateway.door.ask("GET", "/volumes/2").status_code == 503


def test_an_answer_that_does_not_come_is_timed_out(gateway: Counted) -> None:
    done = threading.Event()
    gateway.door["catalog"].responder["/volumes/1"] = lambda _: done.wait(10)
    with gateway.more("timed out"):
        assert gateway.door.ask("GET", "/volumes/1").status_code == 504
    done.set()


@pytest.mark.parametrize(
    ("reason", "method", "path", "headers", "status"),
    [
        ("malformed", "GET", "/volumes/%2e%2e", {}, 400),
        ("malformed", "GET", "/auth/me", {"Cookie": "refreshToken=a; refreshToken=b"}, 400),
        ("origin", "POST", "/admin/lock", {"Origin": "https://elsewhere.example"}, 403),
        ("no such page", "GET", "/no-such-page", {}, 404),
        ("method", "DELETE", "/status", {}, 405),
        ("body too large", "POST", "/admin/lock", {"Content-Length": str(LARGEST + 1)}, 413),
        ("address too long", "GET", "/volumes/" + "x" * 5000, {}, 414),
    ],
)
def test_what_a_client_does_wrong_is_counted_by_its_kind(
    gateway: Counted, reason: str, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    with gateway.more(reason):
        connection = HTTPConnection("127.0.0.1", gateway.door.port, timeout=30)
        connection.request(method, path, headers=headers)
        assert connection.getresponse().status == status
        connection.close()


def test_one_request_too_many_is_counted_as_the_rate_limit(opening: HarnessFactory) -> None:
    gateway = counted(opening, REQUEST_LIMIT="1")
    with gateway.more("rate limit"):
        # The first request of a new minute may also be accepted.
        wait_until(lambda: gateway.door.ask("GET", "/volumes/1").status_code == 429)


def test_a_database_that_is_away_is_counted_and_readiness_is_something_else(
    opening: HarnessFactory, wire: Proxy, stack: Stack, cookie: dict[str, str]
) -> None:
    gateway = counted(opening, DATABASE_URL=through(wire, stack.database_url("gateway")))
    wire.cut()
    with gateway.more("no database"):
        assert gateway.door.ask("GET", "/auth/me", cookies=cookie).status_code == 503
    with gateway.more("other"):
        assert gateway.door.ask("GET", "/health/ready").status_code == 503
    wire.mend()


def test_bodies_for_which_there_is_no_room_are_counted(gateway: Counted) -> None:
    with contextlib.ExitStack() as held, gateway.more("no room for bodies"):
        connection = held.enter_context(gateway.door.connection(30))
        head = f"POST /media/edit/1 HTTP/1.1\r\nHost: x\r\nContent-Length: {LARGEST}\r\n\r\n"
        connection.sendall(head.encode() + b"x" * (LARGEST - 1))
        body = b"x" * 1_500_000
        # Until all sent bytes have arrived, there is room for both.
        wait_until(lambda: gateway.door.ask("POST", "/media/edit/1", data=body).status_code == 503)


def test_full_lines_are_counted_at_the_door_and_behind_it(opening: HarnessFactory) -> None:
    gateway, go = counted(opening, SERVICE_SECONDS="60"), threading.Event()
    catalog = gateway.door["catalog"]
    catalog.responder["/volumes/1"] = lambda _: go.wait(60)
    with contextlib.ExitStack() as held:
        held.callback(go.set)
        for _ in range(MAX_PER_SERVICE):
            connection = held.enter_context(gateway.door.connection(60))
            connection.sendall(b"GET /volumes/1 HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_until(lambda: len(catalog.requests) == MAX_PER_SERVICE)
        with gateway.more("line full, at the door"):
            assert gateway.door.ask("GET", "/volumes/2").status_code == 503
        with gateway.more("line full"):
            assert gateway.door.ask("POST", "/volumes/2", data=b"x").status_code == 503


class Stalled(io.BytesIO):
    """A body that stalls."""

    def read(self, _size: int | None = -1) -> bytes:
        raise TimeoutError


def answer(gateway: Gateway, environ: dict[str, Any]) -> int:
    """Return the status of the application without a server."""
    statuses: list[str] = []
    whole = {
        "PATH_INFO": "/media/1",
        "RAW_URI": "/media/1",
        "REMOTE_ADDR": "192.0.2.1",
        "HTTP_HOST": "x",
    } | environ
    list(gateway(whole, lambda status, _: statuses.append(status)))
    return int(statuses[0].split()[0])


@pytest.fixture
def application() -> Callable[..., Gateway]:
    """Return an application with only the given parts."""

    def make(**parts: Any) -> Gateway:
        given = dict.fromkeys(Gateway.__dataclass_fields__) | {
            "origins": Origins(frozenset()),
            "trusted_proxies": 0,
        }
        return Gateway(**cast(Any, given | parts))

    return make


def reasons_added(ask: Callable[[], object]) -> dict[str, float]:
    """Return the increase of this process's counter during ``ask``."""
    family = next(family for family in families if f"{family.name}_total" == COUNTER)
    before = {reason: member.value for (reason,), member in family.members.items()}
    ask()
    return {
        reason: member.value - before[reason]
        for (reason,), member in family.members.items()
        if member.value != before[reason]
    }


def test_a_body_that_stops_coming_is_counted(application: Callable[..., Gateway]) -> None:
    gateway = application(
        limit=RateLimit(0),
        lines=ConcurrencyLimit(["media"]),
        bodies=BodyBudget(LARGEST, 2 * LARGEST),
        session_key="x",
    )
    environ = {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": "9", "wsgi.input": Stalled()}
    assert reasons_added(lambda: answer(gateway, environ)) == {"body too slow": 1}


def test_a_fault_is_counted(application: Callable[..., Gateway]) -> None:
    """Without its parts an application fails."""
    assert reasons_added(lambda: answer(application(), {"REQUEST_METHOD": "GET"})) == {"fault": 1}

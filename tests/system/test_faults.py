"""A catalog service with faulty connections to the gateway and to its database.

Every fault: 503 or 504 with ``Retry-After`` within the deadline, in the contract's shape; no change made twice;
and no session ended.
"""

import json
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import pytest
import requests

from deploy.stack.stack import Stack
from shared.postgres.engine import Database
from shared.postgres.wait_timeout import RESPONSE_SECONDS
from tests.load.faults.failures import MARGIN, SERIES, add, check_failure, seen_through
from tests.load.faults.proxy import Fault, Proxy, before_database, before_url, through
from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.overlap import at_once
from tests.support.programs import program
from tests.support.waiting import wait_until

SECONDS = 3
"""Seconds that the gateway waits for a service here."""
THREADS = 2
"""Requests that a service handles concurrently by default."""

KEEPALIVE = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
LOST_REQUESTS = {
    "before the request": Fault(reset="request"),
    "during the request": Fault(reset="request", after=300),
}
LOST_ANSWERS = {
    "before the answer": Fault(reset="answer"),
    "during the answer's headers": Fault(reset="answer", after=30),
    "during the answer's body": Fault(reset="answer", after=210),
}
RESETS = LOST_REQUESTS | LOST_ANSWERS
SLOW = {
    "silent": Fault(silent=True),
    "dripping": Fault(drip=SECONDS / 10),
}


@dataclass(frozen=True)
class Trial:
    """A gateway and a catalog service for the test; the rest is the stack's."""

    gateway: str
    line: Proxy
    """Between the gateway and the catalog service."""
    database: Proxy
    """Between the catalog service and PostgreSQL."""
    metrics: str
    """The metrics page of the catalog service."""


@pytest.fixture(scope="module")
def lines(stack: Stack) -> Iterator[Trial]:
    url = stack.database_url("catalog")
    with socket.create_server(("127.0.0.1", 0)) as free:
        metrics = f"127.0.0.1:{free.getsockname()[1]}"
    with (
        before_database(url) as database,
        program(stack, "catalog", DATABASE_URL=through(database, url), METRICS_BIND=metrics) as catalog,
        before_url(catalog) as line,
    ):
        upstreams = json.loads(stack.settings("gateway")["UPSTREAMS"])
        upstreams["catalog"] = f"http://127.0.0.1:{line.port}"
        more = {"UPSTREAMS": json.dumps(upstreams), "SERVICE_SECONDS": str(SECONDS)}
        with program(stack, "gateway", **more) as gateway:
            yield Trial(gateway, line, database, f"http://{metrics}/metrics")


@pytest.fixture
def trial(lines: Trial, visitor: Client) -> Iterator[Trial]:
    """The connections; their faults are reset before and after each test."""
    yield lines
    lines.line.mend()
    lines.database.mend()
    wait_until(lambda: visitor.ask("GET", SERIES).status_code == 200)


@pytest.fixture
def visitor(lines: Trial, admin: Client) -> Client:
    """The administrator, through the faulty connections."""
    return seen_through(lines.gateway, admin)


@pytest.mark.parametrize("fault", RESETS.values(), ids=RESETS)
def test_a_get_is_asked_for_once_more(trial: Trial, visitor: Client, fault: Fault) -> None:
    trial.line.fault = Fault(reset=fault.reset, after=fault.after, times=1)
    assert visitor.ask("GET", SERIES).status_code == 200
    trial.line.fault = fault
    check_failure(visitor.ask("GET", SERIES), 503, within=MARGIN)


@pytest.mark.parametrize("name", RESETS)
def test_a_change_is_done_once_or_not_at_all(
    trial: Trial, visitor: Client, catalogue: Catalogue, name: str
) -> None:
    trial.line.fault = Fault(reset=RESETS[name].reset, after=RESETS[name].after, times=1)
    check_failure(add(visitor, catalogue, "One"), 503, within=MARGIN)
    trial.line.mend()
    assert add(visitor, catalogue, "Two").status_code == 200
    assert sorted(catalogue.names()) == (["Two"] if name in LOST_REQUESTS else ["One", "Two"])


def test_a_late_line_is_waited_for(trial: Trial, visitor: Client, catalogue: Catalogue) -> None:
    trial.line.fault = trial.database.fault = Fault(latency=0.02)
    assert add(visitor, catalogue, "Late").status_code == 200
    assert catalogue.names() == ["Late"]


@pytest.mark.parametrize("fault", SLOW.values(), ids=SLOW)
def test_a_slow_line_is_given_up_in_time_and_no_change_is_repeated(
    trial: Trial, visitor: Client, catalogue: Catalogue, fault: Fault
) -> None:
    trial.line.fault = fault
    check_failure(visitor.ask("GET", SERIES), 504, within=SECONDS + MARGIN)
    check_failure(add(visitor, catalogue, "Slow"), 504, within=SECONDS + MARGIN)
    trial.line.mend()
    wait_until(lambda: visitor.ask("GET", SERIES).status_code == 200)
    assert catalogue.names() in ([], ["Slow"])


def test_while_a_service_cannot_be_reached_the_others_go_on(trial: Trial, visitor: Client) -> None:
    trial.line.cut()
    check_failure(visitor.ask("GET", SERIES), 503, within=MARGIN)
    assert visitor.ask("GET", "/auth/me").status_code == 200
    assert visitor.ask("GET", "/media?limit=1").status_code == 200


def test_without_its_database_a_service_answers_503_and_logs_nobody_out(
    trial: Trial, visitor: Client, catalogue: Catalogue
) -> None:
    cookies = dict(visitor.session.cookies)
    trial.database.cut()
    check_failure(visitor.ask("GET", SERIES), 503, within=SECONDS + MARGIN)
    check_failure(add(visitor, catalogue, "Lost"), 503, within=SECONDS + MARGIN)
    trial.database.mend()
    assert add(visitor, catalogue, "Kept").status_code == 200
    assert catalogue.names() == ["Kept"]
    assert dict(visitor.session.cookies) == cookies


def test_a_commit_whose_answer_is_lost_is_not_repeated(
    trial: Trial, visitor: Client, catalogue: Catalogue
) -> None:
    """The database resets each connection in the middle of an answer."""
    for after in range(0, 600, 40):
        trial.database.fault = Fault(reset="answer", after=after, times=1)
        answer = add(visitor, catalogue, f"After {after}")
        if answer.status_code != 200:
            check_failure(answer, 503, within=SECONDS + MARGIN)
    trial.database.mend()
    assert add(visitor, catalogue, "Last").status_code == 200
    names = catalogue.names(limit=100)
    assert len(names) == len(set(names))


def test_a_database_that_stalls_costs_its_service_only_the_time_it_stalls(
    trial: Trial, visitor: Client, catalogue: Catalogue
) -> None:
    trial.database.fault = Fault(silent=True)
    check_failure(visitor.ask("GET", SERIES), 503, 504, within=SECONDS + MARGIN)
    check_failure(add(visitor, catalogue, "Stalled"), 503, 504, within=SECONDS + MARGIN)
    assert visitor.ask("GET", "/auth/me").status_code == 200
    began = time.monotonic()
    trial.database.mend()
    wait_until(lambda: visitor.ask("GET", SERIES).status_code == 200)
    assert time.monotonic() - began < SECONDS + MARGIN
    assert catalogue.names() in ([], ["Stalled"])


@pytest.mark.slow
def test_a_database_that_stalls_does_not_hold_its_service_for_ever(trial: Trial, visitor: Client) -> None:
    trial.database.fault = Fault(latency=0.2)
    at_once([lambda: visitor.ask("GET", SERIES)] * THREADS)  # so that each needs a connection
    trial.database.fault = Fault(silent=True)
    for _ in range(THREADS):
        check_failure(visitor.ask("GET", SERIES), 504, within=SECONDS + MARGIN)
    assert requests.get(trial.metrics, timeout=MARGIN).ok  # which is the liveness check of Kubernetes
    alive = f"http://127.0.0.1:{trial.line.port}/health/live"
    assert requests.get(alive, timeout=RESPONSE_SECONDS + MARGIN).ok


def test_a_service_does_not_wait_for_hours_for_a_server_that_is_gone(stack: Stack, trial: Trial) -> None:
    """A proxy cannot simulate a silent machine, so the socket options are tested."""
    database = Database(through(trial.database, stack.database_url("catalog")), {})
    with (
        database.autocommit() as connection,
        socket.socket(fileno=os.dup(cast(Any, connection.connection.dbapi_connection).fileno())) as line,
    ):
        waits = [line.getsockopt(socket.IPPROTO_TCP, option) for option in KEEPALIVE]
        assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 11_000
    assert waits == [5, 2, 3]

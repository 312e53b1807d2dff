"""Traces at the gateway: trusted headers, forwarded headers, and a collector that is away or hangs."""

import socket
from collections.abc import Iterator
from contextlib import closing

import psutil
import pytest
import requests

from tests.support.gateway_harness import GatewayHarness, HarnessFactory
from tests.support.otlp_collector import Collector
from tests.support.waiting import wait_until

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as running:
        yield running
        running.shutdown()


def parent_of(door: GatewayHarness, request_id: str) -> str | None:
    """Return the trace headers that the catalogue received for a request."""
    door["catalog"].requests.clear()
    headers = {"traceparent": PARENT, "X-Request-Id": request_id}
    assert door.ask("GET", "/volumes/1", headers=headers).status_code == 200
    return door["catalog"].requests[0].header("traceparent")


def test_without_a_collector_nothing_is_passed_on(door: GatewayHarness) -> None:
    assert parent_of(door, "none") is None


def test_proxies_are_believed_about_traces(opening: HarnessFactory, collector: Collector) -> None:
    door = opening.open(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, TRUSTED_PROXIES="1")
    passed_on = parent_of(door, "believed") or ""
    assert passed_on.split("-")[1] == TRACE
    assert passed_on != PARENT, "the gateway's own step lies between"
    assert collector.trace("believed").spans[0].trace == TRACE


def test_strangers_are_not_and_every_worker_sends_all_it_has(
    opening: HarnessFactory, collector: Collector
) -> None:
    door = opening.open(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    own = (parent_of(door, "doubted") or "").split("-")[1]
    assert own != TRACE
    assert collector.trace("doubted").spans[0].trace == own
    (worker,) = psutil.Process(door.process.pid).children()
    worker.kill()
    worker.wait(30)

    def asked() -> bool:
        try:
            return door.ask("GET", "/volumes/1", headers={"X-Request-Id": "after"}).ok
        except requests.RequestException:
            return False

    wait_until(asked, seconds=60)
    assert collector.trace("after").tree() == ["gateway: GET", "  gateway: ask catalog"]
    parent_of(door, "the-last")
    door.process.terminate()
    assert door.process.wait(60) == 0
    assert [span for _, span in collector.received if span.facts.get("bunko.request_id") == "the-last"]


@pytest.mark.slow
def test_a_collector_that_hangs_or_is_away_disturbs_nobody(opening: HarnessFactory) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as hanging,
        closing(socket.create_server(("127.0.0.1", 0))) as away,
    ):
        ports = [hanging.getsockname()[1], away.getsockname()[1]]
        away.close()
        for port in ports:
            door = opening.open(OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{port}")
            with requests.Session() as session:
                # More than one batch, so that some spans are still queued.
                for _ in range(150):
                    assert session.get(door.address + "/volumes/1", timeout=30).status_code == 200
            door.process.terminate()
            assert door.process.wait(60) == 0
            assert "Traceback" not in door.log()


def test_an_address_that_is_none_is_refused_at_the_start(opening: HarnessFactory) -> None:
    with pytest.raises(AssertionError, match="OTEL_EXPORTER_OTLP_ENDPOINT must begin with http://"):
        opening.open(OTEL_EXPORTER_OTLP_ENDPOINT="collector:4317")

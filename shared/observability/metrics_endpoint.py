"""Showing Prometheus what a program counts, on an address of its own that no request of a client can come in by.

Any of the program's workers answers, for all of them. A worker that has been told to end, or whose master has died,
answers no more: who asked it after its successor would take the older figures for a program that began anew.
"""

import os
import socket
import threading
import time
from collections.abc import Iterator
from functools import cache
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from shared import settings, shutdown
from shared.observability import process_metrics
from shared.observability.metrics import BUCKETS, Counter, Family, Gauge, Histogram, families, freeze

_SHUTDOWN_CHECK_SECONDS = 1.0
"""How often it is looked whether the program drains."""
_BOUNDS = (*(f"{bound:g}" for bound in BUCKETS), "+Inf")


@cache
def listener() -> socket.socket | None:
    """Return the socket that ``METRICS_BIND`` names, None without; ends the program with a sentence where it is in use.

    It is ``host:port``, or ``fd://4`` for a socket that was handed over. To be called before workers are forked.
    """
    place = settings.text("METRICS_BIND", "none")
    if place == "none":
        return None
    kind, _, number = place.partition("://")
    host, _, port = place.rpartition(":")
    try:
        if kind == "fd":
            made = socket.socket(fileno=int(number))
        else:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            made = socket.create_server((host.strip("[]"), int(port)), family=family)
    except (OSError, ValueError) as error:
        raise settings.Unusable(
            f"METRICS_BIND must be an address to listen on, not {place!r}: {error}"
        ) from None
    made.setblocking(False)  # Several workers wait for one and the same connection.
    return made


def serve() -> None:
    """Answer Prometheus from now on, in a thread of this worker, if there is a ``listener``."""
    freeze()
    made = listener()
    if made is not None:
        # A socket of this worker's own kind: gevent has replaced the library's since the first one was made.
        own = socket.socket(fileno=made.fileno())
        threading.Thread(target=_merged_metrics, args=[own], name="metrics", daemon=True).start()


def _merged_metrics(own: socket.socket) -> None:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures())
    server = _Server(own)
    server.set_app(make_wsgi_app(registry))
    master = os.getppid()
    while not shutdown.started.is_set() and os.getppid() == master:
        server.handle_request()


class _Figures(Collector):
    """What is counted, in the words of ``prometheus_client``."""

    def collect(self) -> Iterator[Metric]:
        """Return all families."""
        for family in families:
            yield from _metrics(family)
            time.sleep(0)  # Requests may go first.
        yield from process_metrics.metrics()


def _metrics(family: Family[Any]) -> Iterator[Metric]:
    """Return a family that has members; of histograms only those that hold anything, as each bucket is a line."""
    named = (family.name, family.meaning)
    counts = CounterMetricFamily(*named, labels=family.labels)
    levels = GaugeMetricFamily(*named, labels=family.labels)
    spreads = HistogramMetricFamily(*named, labels=family.labels)
    for values, member in family.members.items():
        if isinstance(member, Counter):
            counts.add_metric(values, member.value)
        elif isinstance(member, Gauge):
            levels.add_metric(values, member.value)
        elif isinstance(member, Histogram) and any(reached := member.counts):
            spreads.add_metric(values, list(zip(_BOUNDS, reached, strict=True)), member.total)
    yield from (metric for metric in (counts, levels, spreads) if metric.samples)


class _Server(ThreadingMixIn, WSGIServer):
    """A server on a socket that is there already."""

    daemon_threads = True
    timeout = _SHUTDOWN_CHECK_SECONDS

    def __init__(self, listener: socket.socket) -> None:
        address = listener.getsockname()
        super().__init__(address, _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.server_name, self.server_port = str(address[0]), int(address[1])
        self.setup_environ()


class _Handler(WSGIRequestHandler):
    """One question of Prometheus's, which is not logged."""

    timeout = 10

    def log_message(self, format: str, *given: Any) -> None:
        """Say nothing."""

"""Serves a program's metrics to Prometheus on a separate address, which client requests do not reach.

Any worker answers, with the metrics of all workers. A worker that is shutting down, or whose master has died, stops
answering: its figures would be older than its successor's, and Prometheus would take the drop for a restart.
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
"""Seconds between checks for shutdown."""
_BOUNDS = (*(f"{bound:g}" for bound in BUCKETS), "+Inf")


@cache
def listener() -> socket.socket | None:
    """Return the listening socket for the setting ``METRICS_BIND``, None if it is not set.

    The setting is ``host:port``, or ``fd://4`` for an inherited socket. Ends the program with a message if it cannot
    listen there. Must be called before workers are forked.
    """
    bind = settings.text("METRICS_BIND", "none")
    if bind == "none":
        return None
    kind, _, number = bind.partition("://")
    host, _, port = bind.rpartition(":")
    try:
        if kind == "fd":
            opened = socket.socket(fileno=int(number))
        else:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            opened = socket.create_server((host.strip("[]"), int(port)), family=family)
    except (OSError, ValueError) as error:
        raise settings.Unusable(
            f"METRICS_BIND must be an address to listen on, not {bind!r}: {error}"
        ) from None
    opened.setblocking(False)  # Several workers accept on the same socket.
    return opened


def serve() -> None:
    """Start a thread of this worker that answers Prometheus, if there is a ``listener``."""
    freeze()
    inherited = listener()
    if inherited is not None:
        # A new socket object: gevent has replaced the socket class since the master opened the listener.
        own = socket.socket(fileno=inherited.fileno())
        threading.Thread(target=_serve_on, args=[own], name="metrics", daemon=True).start()


def _serve_on(own: socket.socket) -> None:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_SharedMetrics())
    server = _Server(own)
    server.set_app(make_wsgi_app(registry))
    master = os.getppid()
    while not shutdown.started.is_set() and os.getppid() == master:
        server.handle_request()


class _SharedMetrics(Collector):
    """Converts the metrics of this program into those of ``prometheus_client``."""

    def collect(self) -> Iterator[Metric]:
        """Return all metrics."""
        for family in families:
            yield from _metrics(family)
            time.sleep(0)  # Let request threads run in between.
        yield from process_metrics.metrics()


def _metrics(family: Family[Any]) -> Iterator[Metric]:
    """Convert one family. Empty families and empty histograms are left out: a histogram is one line per bucket."""
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
    """An HTTP server on an existing socket."""

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
    """Handles one scrape."""

    timeout = 10

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""
